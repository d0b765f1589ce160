{{/* Servers of the release's own that operators run: CloudNativePG's and RabbitMQ's. All take (root). */}}

{{- define "linli.ownPostgresql" -}}
{{- $of := .root.Values.postgresql -}}
{{- if and (not .root.Values.evaluation.enabled) (not $of.hosts) }}{{ include "linli.wanted" (dict "root" .root "enabled" $of.cluster.enabled "api" "postgresql.cnpg.io/v1" "kind" "Cluster") }}{{ end -}}
{{- end }}

{{- define "linli.ownRabbitmq" -}}
{{- $of := .root.Values.rabbitmq -}}
{{- if and (not .root.Values.evaluation.enabled) (not $of.host) }}{{ include "linli.wanted" (dict "root" .root "enabled" $of.cluster.enabled "api" "rabbitmq.com/v1beta1" "kind" "RabbitmqCluster") }}{{ end -}}
{{- end }}

{{/* Their names; CloudNativePG takes at most 50 characters. */}}
{{- define "linli.postgresqlName" }}{{ include "linli.fullname" .root }}-postgres{{ end }}
{{- define "linli.rabbitmqName" }}{{ include "linli.fullname" .root }}-rabbitmq{{ end }}

{{/* Where the databases are: hosts, port, and the Secret with their authority, as JSON. */}}
{{- define "linli.postgresqlPlace" -}}
{{- $of := .root.Values.postgresql -}}
{{- $own := eq (include "linli.ownPostgresql" .) "yes" -}}
{{- $hosts := $of.hosts -}}
{{- if $own }}{{ $hosts = list (printf "%s-rw.%s.svc" (include "linli.postgresqlName" .) .root.Release.Namespace) }}{{ end -}}
{{- $authority := dict "secret" $of.authority.existingSecret "key" $of.authority.key -}}
{{- if and $own (not $authority.secret) }}{{ $authority = dict "secret" (printf "%s-ca" (include "linli.postgresqlName" .)) "key" "ca.crt" }}{{ end -}}
{{- dict "hosts" $hosts "port" (ternary 5432 (int $of.port) $own) "authority" $authority | toJson -}}
{{- end }}

{{/* Where the broker is: host, port, whether by TLS, and the Secret with its authority, as JSON. */}}
{{- define "linli.rabbitmqPlace" -}}
{{- $of := .root.Values.rabbitmq -}}
{{- $own := eq (include "linli.ownRabbitmq" .) "yes" -}}
{{- $host := ternary (printf "%s.%s.svc" (include "linli.rabbitmqName" .) .root.Release.Namespace) $of.host $own -}}
{{- $authority := dict "secret" $of.authority.existingSecret "key" $of.authority.key -}}
{{- if and $own (not $authority.secret) -}}
{{- $authority = dict "secret" (include "linli.secret.tls" .) "key" .root.Values.tls.authorityKey -}}
{{- with $of.cluster.certificateSecret }}{{ $authority = dict "secret" . "key" "ca.crt" }}{{ end -}}
{{- end -}}
{{- dict "host" $host "port" (ternary 5671 (int $of.port) $own) "tls" (or $own $of.tls) "authority" $authority | toJson -}}
{{- end }}

{{/* What keeps data when the release goes, or when a key is misspelt. */}}
{{- define "linli.kept" -}}
helm.sh/resource-policy: keep
argocd.argoproj.io/sync-options: Prune=false,Delete=false
{{- end }}

{{/* Keys of owners' passwords: CloudNativePG reads `username` and `password` of a Secret for each role. (root, service) */}}
{{- define "linli.ownerPasswordKey" -}}
{{ ternary "password" (include "linli.service" . | fromYaml).database.ownerPasswordKey (eq (include "linli.ownPostgresql" .) "yes") }}
{{- end }}
{{- define "linli.keyStoreOwnerKey" -}}
{{ ternary "password" .root.Values.keyStore.ownerPasswordKey (and (eq (include "linli.ownPostgresql" .) "yes") (not .root.Values.keyStore.hosts)) }}
{{- end }}
