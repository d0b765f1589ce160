{{/* Names of objects, and which role runs for which service. */}}

{{- define "linli.services" -}}
["identity", "catalog", "cases", "volunteers", "supervision"]
{{- end }}

{{- define "linli.fullname" -}}
{{- .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-linli" .Release.Name) (contains "linli" .Release.Name)) | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* A job's name: its digest makes a job of another pod or revision another job. At most 63 characters, which its pods' labels take. (root, name, pod) */}}
{{- define "linli.jobName" -}}
{{- $end := printf "%s-%s" .name (printf "%s %d" .pod (int .root.Release.Revision) | sha256sum | trunc 8) -}}
{{ include "linli.fullname" .root | trunc (int (sub 62 (len $end))) | trimSuffix "-" }}-{{ $end }}
{{- end }}

{{/* Values that leave a connection without TLS, or with anybody, as a JSON list: with one of them no process insists on TLS. (root) */}}
{{- define "linli.withoutTls" -}}
{{- $found := list -}}
{{- if .Values.evaluation.enabled }}{{ $found = append $found "evaluation.enabled: true" }}
{{- else -}}
{{- if not (hasPrefix "verify" .Values.postgresql.sslmode) }}{{ $found = append $found (printf "postgresql.sslmode: %s" .Values.postgresql.sslmode) }}{{ end -}}
{{- if not (include "linli.rabbitmqPlace" (dict "root" .) | fromJson).tls }}{{ $found = append $found "rabbitmq.tls: false" }}{{ end -}}
{{- end -}}
{{- if eq .Values.tls.source "none" }}{{ $found = append $found "tls.source: none" }}{{ end -}}
{{- $found | toJson -}}
{{- end }}

{{- define "linli.cell" -}}
{{- .Values.cell | default .Release.Name -}}
{{- end }}

{{/* Labels of every object. (root) */}}
{{- define "linli.labels" -}}
{{ include "linli.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "linli.selector" -}}
app.kubernetes.io/name: linli
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of a pod, by which it is selected. (root, service, role) */}}
{{- define "linli.podSelector" -}}
{{ include "linli.selector" .root }}
{{- with .service }}
linli/service: {{ . }}
{{- end }}
linli/role: {{ .role }}
{{- end }}

{{/* An image. (root, image) */}}
{{- define "linli.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* A service's values: its own over those of every service, as YAML. (root, service) */}}
{{- define "linli.service" -}}
{{- mergeOverwrite (deepCopy .root.Values.everyService) (get .root.Values.services .service | default dict) | toYaml -}}
{{- end }}

{{/* A role's values: roles.server, then roles.<role>, then everyService.<role>, then services.<service>.<role>. (root, service, role) */}}
{{- define "linli.role" -}}
{{- $of := include "linli.service" . | fromYaml -}}
{{- $base := deepCopy .root.Values.roles.server -}}
{{- mergeOverwrite $base (deepCopy (get .root.Values.roles .role)) (get $of .role | default dict) | toYaml -}}
{{- end }}

{{/* The roles of a service, as JSON. (root, service) */}}
{{- define "linli.rolesOf" -}}
{{- $of := include "linli.service" . | fromYaml -}}
{{- ternary (list "api" "projector" "relay" "worker") (list "server" "worker") (eq $of.layout "apart") | toJson -}}
{{- end }}

{{/* Where a service's gRPC and HTTP are, without the port. (root, service) */}}
{{- define "linli.host" -}}
{{ include "linli.fullname" .root }}-{{ .service }}.{{ .root.Release.Namespace }}.svc
{{- end }}

{{/* A number or a text as an environment variable has it. */}}
{{- define "linli.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ printf "%.0f" . }}{{ else }}{{ . | toString }}{{ end -}}
{{- end }}

{{/* Names of Secrets and ConfigMaps. (root, and service where it is one for each) */}}
{{- define "linli.secret.masterKey" }}{{ .root.Values.masterKey.existingSecret | default (printf "%s-master-key" (include "linli.fullname" .root)) }}{{ end }}
{{- define "linli.secret.signingKey" }}{{ .root.Values.signingKey.existingSecret | default (printf "%s-signing-key" (include "linli.fullname" .root)) }}{{ end }}
{{- define "linli.secret.keyStore" }}{{ .root.Values.keyStore.existingSecret | default (printf "%s-key-store" (include "linli.fullname" .root)) }}{{ end }}
{{- define "linli.secret.firstOperator" }}{{ .root.Values.firstOperator.existingSecret | default (printf "%s-first-operator" (include "linli.fullname" .root)) }}{{ end }}
{{- define "linli.secret.tls" }}{{ .root.Values.tls.existingSecret | default (printf "%s-tls" (include "linli.fullname" .root)) }}{{ end }}
{{- define "linli.secret.database" }}{{ (include "linli.service" . | fromYaml).database.existingSecret | default (printf "%s-%s-database" (include "linli.fullname" .root) .service) }}{{ end }}
{{- define "linli.secret.databaseOwner" }}{{ (include "linli.service" . | fromYaml).database.ownerSecret | default (ternary (printf "%s-%s-owner" (include "linli.fullname" .root) .service) (include "linli.secret.database" .) (eq (include "linli.ownPostgresql" .) "yes")) }}{{ end }}
{{- define "linli.secret.broker" }}{{ (include "linli.service" . | fromYaml).broker.existingSecret | default (printf "%s-%s-broker" (include "linli.fullname" .root) .service) }}{{ end }}
{{- define "linli.secret.relayKey" }}{{ (include "linli.service" . | fromYaml).relayKey.existingSecret | default (printf "%s-%s-relay-key" (include "linli.fullname" .root) .service) }}{{ end }}
{{- define "linli.configMap.relayKeys" }}{{ .root.Values.relayPublicKeys.existingConfigMap | default (printf "%s-relay-keys" (include "linli.fullname" .root)) }}{{ end }}
{{- define "linli.configMap.keysRoot" }}{{ include "linli.fullname" .root }}-keys-root{{ end }}

{{/* true: always; auto: where the CRD is. (root, enabled, kind, and api if it is not Prometheus') */}}
{{- define "linli.wanted" -}}
{{- $kind := printf "%s/%s" (.api | default "monitoring.coreos.com/v1") .kind -}}
{{- if or (eq (toString .enabled) "true") (and (eq (toString .enabled) "auto") (.root.Capabilities.APIVersions.Has $kind)) }}yes{{ end -}}
{{- end }}
