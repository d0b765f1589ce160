"""What an operator does about people, their roles and their data."""

from services.command.admin.act import Act, Noun
from services.command.lazy import Lazy, at

_SESSIONS_END = "Their sessions end: they must log in again."

PERSON = Noun(
    summary="people: register, show, erase, and how they log in",
    acts={
        "register": Act(
            rpc="identity.RegisterResident",
            summary="register a person, or find the one with this natural key",
            asks=("natural_key.value", "name", "phone", "address", "birth_date"),
            words={"area_id": "id of the area in which they live"},
        ),
        "show": Act(
            rpc="identity.GetResident",
            summary="show a person's data",
            more="It is recorded who looked, and for what purpose; the person can see that.",
            takes=("resident_id",),
        ),
        "correct": Act(
            rpc="identity.CorrectResident",
            summary="put right what is known of a person",
            more="What is left out stays as it is; what is known no more is named by --cleared.",
            takes=("resident_id",),
            asks=("name", "phone", "address", "birth_date"),
        ),
        "history": Act(
            rpc="identity.GetResidentHistory",
            summary="show everything that was ever known of a person",
            more="It takes the role DATA_PROTECTION_OFFICER. Who looked, and for what, is recorded.",
            takes=("resident_id",),
        ),
        "add-key": Act(
            rpc="identity.AddNaturalKey",
            summary="have a person found by one more natural key",
            takes=("resident_id",),
            asks=("natural_key.value",),
        ),
        "release-key": Act(
            rpc="identity.ReleaseNaturalKey",
            summary="have a person found by a natural key no more",
            more="Name the key by its id, which `show` tells, or by its kind and number.",
            takes=("resident_id",),
            asks=("natural_key.value",),
        ),
        "create-login": Act(
            rpc="identity.CreateLogin",
            summary="let a person log in with a name and a password",
            takes=("party_id",),
        ),
        "propose-factor-reset": Act(
            rpc="identity.ProposeFactorReset",
            summary="propose that a person who has lost their second factor be asked for it no more",
            more="Another person approves within a day: give them the id.",
            takes=("party_id",),
        ),
        "approve-factor-reset": Act(
            rpc="identity.ApproveFactorReset",
            summary="approve that, as another person",
            takes=("reset_id",),
            words={"reset_id": "id of the proposal, from whoever made it"},
            follows=_SESSIONS_END,
        ),
        "invite": Act(
            rpc="identity.InviteResident",
            summary="make an invitation for a resident who cannot log in yet",
            more="Give the code to the resident alone: whoever has it acts in their name. It counts for"
            " seven days, once. A new one takes the place of the one before.",
            takes=("resident_id",),
        ),
        "set-password": Act(
            rpc="identity.SetPassword",
            summary="replace a forgotten password",
            more="Of operators and data protection officers it is replaced at the machine:"
            " `linli identity set-password`.",
            takes=("login_name",),
            follows=_SESSIONS_END,
        ),
        "erase": Act(
            rpc="identity.EraseSubject",
            summary="erase a person for good",
            more="It takes the role DATA_PROTECTION_OFFICER.",
            takes=("subject_id",),
            follows="The key of all their personal data is destroyed, here and in every other service. Their"
            " roles, logins and sessions end. Events stay, and say no more who it was. Nobody can undo it; a"
            " backup of the key store can, for as long as you keep one. The answer has a code, for"
            " the person: with it they see which services have forgotten them (the receipt).",
            twice=True,
        ),
        "receipt": Act(
            rpc="identity.GetErasureReceipt",
            summary="show which services have forgotten an erased person",
            more="It takes the role DATA_PROTECTION_OFFICER. With the code of their receipt anybody may call"
            " identity.GetMyErasureReceipt.",
            takes=("subject_id",),
        ),
    },
    others={
        "export": Lazy(
            "write everything that is kept of a person into one file, for them",
            at("admin.copying", "export_person"),
        )
    },
)

_EACH_SERVICE = "Each service keeps its own records: ask identity, cases, volunteers and supervision."

ACCESS_LOG = Noun(
    summary="who read whose personal data",
    acts={
        "list": Act(
            rpc="privacy.ListDisclosures",
            summary="list who read whose data in a service, the newest first",
            more=f"It takes the role DATA_PROTECTION_OFFICER, without limits. {_EACH_SERVICE}",
            takes=("service",),
            filters={"person": "subject_id", "reader": "reader_id", "purpose": "purpose"},
            columns=(
                "read_time",
                "reader_id",
                "roles",
                "subject_id",
                "classes",
                "purpose",
                "reference",
                "rpc",
            ),
        ),
        "unusual": Act(
            rpc="privacy.ListUnusualReaders",
            summary="list who reads of far more people in a service than they usually do",
            more=f"It takes the role DATA_PROTECTION_OFFICER, without limits. {_EACH_SERVICE}",
            takes=("service",),
        ),
        "mine": Act(
            rpc="privacy.ListDisclosuresOfMe",
            summary="list who read your own data in a service, the newest first",
            more=_EACH_SERVICE,
            takes=("service",),
            columns=("read_time", "roles", "body_ids", "classes", "purpose_label", "reference"),
        ),
    },
)

CASE = Noun(
    summary="what a case holds about people who are not registered",
    acts={
        "erase": Act(
            rpc="cases.EraseCaseContent",
            summary="erase the texts and places of a case for good",
            more="For cases that no registered person reported; for others, erase the person. It takes the"
            " role DATA_PROTECTION_OFFICER.",
            takes=("case_id",),
            follows="Description, place, messages and reporter of the case can be read by nobody any more."
            " Its course and its limits stay. Nobody can undo it; a backup of the key store can, for as long"
            " as you keep one.",
            twice=True,
        )
    },
)

ROLE = Noun(
    summary="who may do what: grants and nominations",
    acts={
        "grant": Act(
            rpc="identity.GrantRole",
            summary="grant a role, within an area, for a body, both, or without limits",
            more="ROLE_OPERATOR and ROLE_DATA_PROTECTION_OFFICER take two persons: nominate for them."
            " With --until the grant ends by itself; grant it again to move the end.",
            takes=("party_id",),
            words={"area_id": "only in this area and those below", "body_id": "only for this body"},
        ),
        "revoke": Act(
            rpc="identity.RevokeRole",
            summary="end a grant",
            takes=("party_id", "grant_id"),
            follows=f"The grant ends. {_SESSIONS_END}",
        ),
        "list": Act(
            rpc="identity.ListRoles",
            summary="list grants",
            filters={"party": "party_id", "role": "role", "area": "area", "body": "body_id"},
            columns=("party_id", "role", "area_path", "body_id", "grant_id", "granted_time", "until_time"),
        ),
        "review": Act(
            rpc="identity.ListGrantsToReview",
            summary="list grants that nobody gave or confirmed for a time, the longest unseen first",
            filters={"party": "party_id", "role": "role", "area": "area", "body": "body_id"},
            columns=(
                "party_id",
                "role",
                "area_path",
                "body_id",
                "grant_id",
                "granted_time",
                "confirmed_time",
            ),
        ),
        "confirm": Act(
            rpc="identity.ConfirmGrant",
            summary="say that a grant is still needed",
            takes=("party_id", "grant_id"),
        ),
        "nominate": Act(
            rpc="identity.NominateForRole",
            summary="nominate a person for a role that takes two persons",
            more="Another person approves it within seven days.",
            takes=("party_id",),
            words={"area_id": "only in this area and those below", "body_id": "only for this body"},
        ),
        "approve": Act(
            rpc="identity.ApproveNomination",
            summary="approve somebody else's nomination",
            takes=("nomination_id",),
            follows="The nominee has the role from now on.",
        ),
        "refuse": Act(
            rpc="identity.RefuseNomination",
            summary="refuse somebody else's nomination",
            takes=("nomination_id",),
            follows="The nomination ends for good; the role takes a new one.",
        ),
        "withdraw": Act(
            rpc="identity.WithdrawNomination",
            summary="withdraw your own nomination",
            takes=("nomination_id",),
        ),
        "nomination": Act(
            rpc="identity.GetNomination", summary="show a nomination, with reasons", takes=("nomination_id",)
        ),
        "nominations": Act(
            rpc="identity.ListNominations",
            summary="list nominations, the newest first",
            filters={"party": "party_id", "role": "role", "state": "state", "area": "area"},
            columns=(
                "nomination_id",
                "party_id",
                "role",
                "state",
                "area_path",
                "nominator_id",
                "expire_time",
            ),
        ),
    },
)

CONSENT = Noun(
    summary="who may act in a resident's name",
    acts={
        "propose": Act(
            rpc="identity.ProposeConsent",
            summary="propose that a resident lets a helper act for them, and show what is to be read to them",
            more="Nobody may act by it before it is confirmed, within a day.",
            words={
                "purposes": "for what: a ConsentPurpose, such as REPORT_CASES; may be given several times",
                "within_area_id": "id of the area in which they may act [wherever the resident may]",
                "send_code": "send the resident a code by which they confirm it",
            },
            takes=("resident_id", "helper_id"),
        ),
        "show": Act(
            rpc="identity.GetConsent",
            summary="show a consent, and what is read to the resident",
            takes=("consent_id",),
        ),
        "confirm": Act(
            rpc="identity.ConfirmConsent",
            summary="record that the resident confirmed what was read to them, and how",
            more="By the code that they were sent, by a paper that they signed, or to you as the second"
            " person, who is neither the helper nor whoever proposed it.",
            words={
                "confirmation": "how: CODE, SIGNATURE, SECOND_PERSON, or IN_PERSON by the resident themself",
                "code": "the code that the resident was sent, and told you",
                "signature_reference": "where the paper is kept that they signed: a file number",
            },
            takes=("consent_id",),
        ),
        "record": Act(
            rpc="identity.RecordConsent",
            summary="let a helper report cases in your own name, at once",
            takes=("resident_id", "helper_id"),
        ),
        "done": Act(
            rpc="acting.ListDoneInNameOf",
            summary="list what was done and read in a resident's name in a service, to read it to them",
            more=_EACH_SERVICE,
            takes=("service", "resident_id"),
            filters={"consent": "consent_id", "actor": "actor_id"},
            columns=("occurred_time", "label", "actor_id", "consent_id", "subject", "rpc"),
        ),
        "done-for-me": Act(
            rpc="acting.ListDoneInMyName",
            summary="list what others did and read in your own name in a service",
            more=_EACH_SERVICE,
            takes=("service",),
            filters={"consent": "consent_id", "actor": "actor_id"},
            columns=("occurred_time", "label", "actor_id", "consent_id", "subject", "rpc"),
        ),
        "revoke": Act(
            rpc="identity.RevokeConsent",
            summary="end a consent",
            takes=("consent_id",),
            follows="The helper can act in the resident's name no more.",
        ),
        "list": Act(
            rpc="identity.ListConsents",
            summary="list consents, the newest first",
            filters={
                "resident": "resident_id",
                "helper": "helper_id",
                "confirmed": "confirmed",
                "revoked": "revoked",
            },
        ),
    },
)

SESSION = Noun(
    summary="tokens that are in use",
    acts={
        "revoke": Act(
            rpc="identity.RevokeSessions",
            summary="end all tokens of a person, a body or a client",
            takes=("party_id",),
            words={"party_id": "who: id of a person, a body or a client"},
            follows="All their tokens end within seconds; they can log in again, or fetch new ones.",
        )
    },
)
