{{/* Addresses of databases and broker. They hold no password: that lies in a file beside. */}}

{{/* A PostgreSQL address. (root, user, database, hosts, port, authority: the folder of its file) */}}
{{- define "linli.postgresql" -}}
{{- $at := list -}}
{{- $port := int .port -}}
{{- range .hosts }}{{ $at = append $at (printf "%s:%d" . $port) }}{{ end -}}
{{- $ssl := printf "sslmode=%s" .root.Values.postgresql.sslmode -}}
{{- if .root.Values.evaluation.enabled -}}
{{- $at = list (printf "%s-postgresql:5432" (include "linli.fullname" .root)) -}}
{{- $ssl = "sslmode=disable" -}}
{{- else if not (hasPrefix "verify" .root.Values.postgresql.sslmode) -}}
{{- /* With an authority `require` would mean `verify-ca`. */ -}}
{{- else if .authority -}}
{{- $ssl = printf "%s&sslrootcert=/etc/linli/%s/ca.crt" $ssl .authority -}}
{{- else -}}
{{- $ssl = printf "%s&sslrootcert=/etc/ssl/certs/ca-certificates.crt" $ssl -}}
{{- end -}}
postgresql://{{ .user }}@{{ join "," $at }}/{{ .database }}?{{ $ssl }}
{{- end }}

{{/* The database of a service, as its user or its owner. (root, service, as: user | ownerUser) */}}
{{- define "linli.database" -}}
{{- $of := (include "linli.service" . | fromYaml).database -}}
{{- $name := $of.name | default (printf "linli_%s" .service) -}}
{{- $user := include "linli.databaseUser" . -}}
{{- $pg := include "linli.postgresqlPlace" . | fromJson -}}
{{- $authority := ternary "postgresql" "" (ne $pg.authority.secret "") -}}
{{- include "linli.postgresql" (dict "root" .root "user" $user "database" $name "hosts" $pg.hosts "port" $pg.port "authority" $authority) -}}
{{- end }}

{{- define "linli.databaseUser" -}}
{{- $of := (include "linli.service" . | fromYaml).database -}}
{{- get $of .as | default (ternary (printf "linli_%s" .service) (printf "linli_%s_owner" .service) (eq .as "user")) -}}
{{- end }}

{{/* The key store. (root, user) */}}
{{- define "linli.keyStore" -}}
{{- $store := .root.Values.keyStore -}}
{{- $ours := include "linli.postgresqlPlace" . | fromJson -}}
{{- $pg := ternary (dict "hosts" $store.hosts "port" $store.port) $ours (gt (len $store.hosts) 0) -}}
{{- $authority := ternary "postgresql" "" (ne $ours.authority.secret "") -}}
{{- if $store.authority.existingSecret }}{{ $authority = "key-store" }}{{ end -}}
{{- include "linli.postgresql" (dict "root" .root "user" .user "database" $store.database "hosts" $pg.hosts "port" $pg.port "authority" $authority) -}}
{{- end }}

{{/* The broker, as a service's user. (root, service) */}}
{{- define "linli.broker" -}}
{{- $user := (include "linli.service" . | fromYaml).broker.user | default .service -}}
{{- $vhost := .root.Values.rabbitmq.vhost -}}
{{- $rabbit := include "linli.rabbitmqPlace" . | fromJson -}}
{{- if .root.Values.evaluation.enabled -}}
amqp://{{ $user }}@{{ include "linli.rabbitmqName" . }}:5672/{{ $vhost }}
{{- else -}}
{{ ternary "amqps" "amqp" $rabbit.tls }}://{{ $user }}@{{ $rabbit.host }}:{{ int $rabbit.port }}/{{ $vhost }}
{{- end -}}
{{- end }}

{{- define "linli.scheme" -}}
{{ ternary "http" "https" (eq .Values.tls.source "none") }}
{{- end }}
