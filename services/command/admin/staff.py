"""What an operator does about posts, who holds them, and what people are qualified for."""

from services.command.admin.act import Act, Noun

POST = Noun(
    summary="posts of bodies: who holds them, and who could",
    acts={
        "establish": Act(
            rpc="identity.EstablishPost",
            summary="give a body a post for an area",
            more="Give the roles that its holder acts in by --fields:"
            ' {"roles": [{"role": "ROLE_CASE_OFFICER", "area_id": "...", "body_id": "..."}]}.',
            takes=("post_id",),
            words={
                "post_id": "a short name that becomes its id",
                "since_time": "since when there is one [now]",
            },
        ),
        "needs": Act(
            rpc="identity.ChangePostNeeds",
            summary="say which qualifications it needs from now on",
            takes=("post_id",),
        ),
        "abolish": Act(
            rpc="identity.AbolishPost",
            summary="abolish a vacant post",
            takes=("post_id",),
            follows="Nobody can be appointed to it any more. Who held it stays on record.",
        ),
        "appoint": Act(
            rpc="identity.AppointHolder",
            summary="appoint a person, who gets the roles of the post",
            takes=("post_id", "party_id"),
            words={
                "party_id": "id of the person",
                "since_time": "since when [now]",
                "until_time": "until when [no end is known]",
            },
        ),
        "change-term": Act(
            rpc="identity.ChangeTerm",
            summary="move the end of the holder's term",
            takes=("post_id", "party_id"),
            words={"party_id": "id of the holder", "until_time": "until when [no end is known]"},
            follows="The roles that came with the post end with the term.",
        ),
        "end-appointment": Act(
            rpc="identity.EndAppointment",
            summary="end an appointment now",
            takes=("post_id", "party_id"),
            words={"party_id": "id of the holder"},
            follows="The post is vacant. The roles that came with it end, and the holder's sessions.",
        ),
        "successor": Act(
            rpc="identity.NameSuccessor",
            summary="say who is to hold it next, or (without a person) that nobody is named",
            takes=("post_id",),
            words={"party_id": "id of the person"},
        ),
        "list": Act(
            rpc="identity.ListPosts",
            summary="list the posts of a moment, with their holders",
            filters={"body": "body_id", "area": "area", "holder": "holder_id", "vacant": "vacant"},
            columns=(
                "post_id",
                "body_id",
                "area_path",
                "holder_id",
                "held_until_time",
                "vacant_since_time",
                "successor_id",
                "candidates",
            ),
        ),
        "appointments": Act(
            rpc="identity.ListAppointments",
            summary="list who held posts from when until when, the newest first",
            filters={"post": "post_id", "person": "party_id", "body": "body_id", "area": "area"},
        ),
        "candidates": Act(
            rpc="identity.ListCandidates",
            summary="list who has all that a post needs",
            takes=("post_id",),
        ),
        "shortages": Act(
            rpc="identity.ListShortages",
            summary="list what the posts of an area need, and how many people have it",
            takes=("area_id",),
        ),
        "retention": Act(
            rpc="identity.GetRetention",
            summary="tell how long the holders of an area's posts stay",
            takes=("area_id",),
            words={"body_id": "only posts of this body"},
        ),
    },
)

MEMBER = Noun(
    summary="members of bodies",
    acts={
        "admit": Act(
            rpc="identity.AdmitMember",
            summary="take a person into a body",
            takes=("party_id", "body_id"),
            words={
                "party_id": "id of the person",
                "since_time": "since when [now]",
                "until_time": "until when [no end is known]",
            },
        ),
        "end": Act(
            rpc="identity.EndMembership",
            summary="let a member go",
            takes=("party_id", "body_id"),
            words={"party_id": "id of the person"},
            follows="Their roles for the body, their appointments to its posts and their sessions end.",
        ),
        "list": Act(
            rpc="identity.ListMemberships",
            summary="list who is a member of which body",
            filters={"person": "party_id", "body": "body_id", "area": "area"},
        ),
    },
)

TRAINING = Noun(
    summary="qualifications, courses and certificates",
    acts={
        "define-qualification": Act(
            rpc="identity.DefineQualification",
            summary="define a kind of certificate, for all areas",
            takes=("qualification_id",),
            words={"qualification_id": "a short name that becomes its id"},
        ),
        "qualifications": Act(rpc="identity.ListQualifications", summary="list the kinds of certificates"),
        "define-course": Act(
            rpc="identity.DefineCourse",
            summary="define a course in an area",
            takes=("course_id",),
            words={
                "course_id": "a short name that becomes its id",
                "qualification_id": "the qualification that its completion gives [none]",
            },
        ),
        "courses": Act(
            rpc="identity.ListCourses",
            summary="list the courses",
            filters={"area": "area", "qualification": "qualification_id"},
        ),
        "complete": Act(
            rpc="identity.RecordCompletion",
            summary="record that a person completed a course, and the certificate that it gives",
            takes=("course_id", "party_id"),
            words={"party_id": "id of the person"},
        ),
        "certify": Act(
            rpc="identity.IssueCertificate",
            summary="record a certificate that a person got elsewhere",
            takes=("party_id", "qualification_id"),
            words={
                "party_id": "id of the person",
                "valid_until_time": "until when it is valid [as long as its kind is]",
            },
        ),
        "revoke": Act(
            rpc="identity.RevokeCertificate",
            summary="end a certificate",
            takes=("party_id", "certificate_id"),
            words={"party_id": "id of the person"},
            follows="It counts no more from now on. Whoever holds a post by it goes on holding the post.",
        ),
        "certificates": Act(
            rpc="identity.ListCertificates",
            summary="list certificates, the newest first",
            filters={"person": "party_id", "qualification": "qualification_id", "area": "area"},
        ),
    },
)
