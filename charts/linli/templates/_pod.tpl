{{/* What all pods have, and what a pod of a service is told. */}}

{{/* Restricted: no root, no privileges, nothing writable but what is mounted. (root) */}}
{{- define "linli.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  {{- with .root.Values.podSecurity.runAsUser }}
  runAsUser: {{ int . }}
  {{- end }}
  {{- with .root.Values.podSecurity.fsGroup }}
  fsGroup: {{ int . }}
  {{- end }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
enableServiceLinks: false
{{- end }}

{{- define "linli.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Image and what belongs to it. (root) */}}
{{- define "linli.container" -}}
image: {{ include "linli.image" (dict "root" . "image" .Values.image) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{ include "linli.containerSecurity" . }}
{{- end }}

{{/* Labels and annotations of a pod. (root, service, role) */}}
{{- define "linli.podMetadata" -}}
labels:
  {{- include "linli.podSelector" . | nindent 2 }}
  app.kubernetes.io/component: {{ .role }}
  {{- if has .role (list "server" "api" "projector" "relay" "worker") }}
  linli/metrics: "true"
  {{- end }}
  {{- with .root.Values.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The environment of a service's process. (root, service, role) */}}
{{- define "linli.environment" -}}
{{- $migrates := has .role (list "migrate" "contract") -}}
{{- $runs := has .role (list "server" "api" "projector" "relay" "worker") -}}
{{- $serves := has .role (list "server" "api") -}}
{{- $brokers := has .role (list "server" "relay" "worker") -}}
{{- $of := include "linli.service" . | fromYaml -}}
{{- $user := include "linli.databaseUser" (merge (dict "as" "user") .) -}}
{{- $tls := ne .root.Values.tls.source "none" -}}
- {name: LINLI_CELL, value: {{ include "linli.cell" .root | quote }}}
- {name: LINLI_DATABASE_URL, value: {{ include "linli.database" (merge (dict "as" (ternary "ownerUser" "user" $migrates)) .) | quote }}}
- {name: LINLI_DATABASE_PASSWORD_FILE, value: /etc/linli/secrets/database-password}
- {name: LINLI_KEY_STORE, value: {{ include "linli.keyStore" (dict "root" .root "user" (ternary .root.Values.keyStore.ownerUser $user $migrates)) | quote }}}
- {name: LINLI_KEY_STORE_PASSWORD_FILE, value: /etc/linli/secrets/key-store-password}
- {name: LINLI_MASTER_KEY_FILE, value: /etc/linli/secrets/master-key}
- {name: LINLI_REQUIRE_TLS, value: {{ include "linli.withoutTls" .root | fromJsonArray | empty | toString | quote }}}
{{- if $migrates }}
- {name: LINLI_RUNTIME_ROLE, value: {{ $user }}}
{{- else if eq .service "identity" }}
- {name: LINLI_IDENTITY_SIGNING_KEY_FILE, value: /etc/linli/secrets/signing-key.pem}
{{- end }}
{{- if $runs }}
- {name: LINLI_HTTP_ADDRESS, value: "0.0.0.0:7480"}
- {name: LINLI_DRAIN, value: {{ printf "%ds" (int .root.Values.drainSeconds) }}}
{{- if $tls }}
- {name: LINLI_TLS_CERT, value: /etc/linli/tls/tls.crt}
- {name: LINLI_TLS_KEY, value: /etc/linli/tls/tls.key}
{{- if .root.Values.tls.clientAuthority.existingSecret }}
- {name: LINLI_TLS_CLIENT_CA, value: /etc/linli/clients/ca.crt}
{{- end }}
{{- end }}
{{- if eq .service "identity" }}
- {name: LINLI_IDENTITY_SOURCE_KEYS, value: /etc/linli/source-keys}
{{- with .root.Values.mail }}
{{- if .host }}
- {name: LINLI_IDENTITY_SMTP_URL, value: "{{ .scheme }}://{{ with .user }}{{ . }}@{{ end }}{{ .host }}:{{ int .port }}"}
- {name: LINLI_IDENTITY_MAIL_FROM, value: {{ .from | quote }}}
{{- if .unsubscribe }}
- {name: LINLI_IDENTITY_MAIL_UNSUBSCRIBE, value: {{ .unsubscribe | quote }}}
{{- end }}
{{- if has $.role (list "server" "projector") }}
{{- if .existingSecret }}
- {name: LINLI_IDENTITY_SMTP_PASSWORD_FILE, value: /etc/linli/secrets/mail-password}
{{- end }}
{{- if .authority.existingSecret }}
- {name: LINLI_IDENTITY_SMTP_CA, value: /etc/linli/mail/ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- with .root.Values.letters.sender }}
{{- if has $.role (list "server" "api" "projector") }}
- {name: LINLI_IDENTITY_LETTER_SENDER, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- with .root.Values.sms }}
{{- if and .host (has $.role (list "server" "api" "projector")) }}
- {name: LINLI_IDENTITY_SMS_URL, value: "https://{{ .host }}:{{ int .port }}{{ .path }}"}
- {name: LINLI_IDENTITY_SMS_SECRET_FILE, value: /etc/linli/secrets/sms-secret}
{{- if .authority.existingSecret }}
- {name: LINLI_IDENTITY_SMS_CA, value: /etc/linli/sms/ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- with .root.Values.webhooks }}
{{- if has $.role (list "server" "api" "projector") }}
{{- with .networks }}
- {name: LINLI_IDENTITY_WEBHOOK_NETWORKS, value: {{ join "," . | quote }}}
{{- end }}
{{- with .refusedNetworks }}
- {name: LINLI_IDENTITY_WEBHOOK_REFUSED_NETWORKS, value: {{ join "," . | quote }}}
{{- end }}
{{- if .authority.existingSecret }}
- {name: LINLI_IDENTITY_WEBHOOK_CA, value: /etc/linli/webhooks/ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if $serves }}
- {name: LINLI_GRPC_ADDRESS, value: "0.0.0.0:7400"}
{{- end }}
{{- if or (eq .role "worker") (and $serves (ne .service "identity")) }}
- {name: LINLI_KEYS_URL, value: "{{ include "linli.scheme" .root }}://{{ include "linli.host" (dict "root" .root "service" "identity") }}:7480/keys.json"}
{{- if $tls }}
- {name: LINLI_KEYS_CA, value: /etc/linli/tls/ca.crt}
{{- end }}
- name: LINLI_KEYS_ROOT
  {{- if .root.Values.keysRoot }}
  value: {{ join "," .root.Values.keysRoot | quote }}
  {{- else }}
  valueFrom: {configMapKeyRef: {name: {{ include "linli.configMap.keysRoot" . }}, key: root}}
  {{- end }}
{{- end }}
{{- if $brokers }}
- {name: LINLI_BROKER_URL, value: {{ include "linli.broker" . | quote }}}
- {name: LINLI_BROKER_PASSWORD_FILE, value: /etc/linli/secrets/broker-password}
{{- if and (include "linli.rabbitmqPlace" . | fromJson).authority.secret (not .root.Values.evaluation.enabled) }}
- {name: LINLI_BROKER_CA, value: /etc/linli/rabbitmq/ca.crt}
{{- end }}
{{- end }}
{{- if has .role (list "server" "relay") }}
- {name: LINLI_RELAY_KEY_FILE, value: /etc/linli/secrets/relay-key.pem}
{{- end }}
{{- if $runs }}
{{- $values := include "linli.role" . | fromYaml }}
{{- range $name, $value := mergeOverwrite (deepCopy .root.Values.settings) $values.settings $of.settings }}
- {name: {{ $name }}, value: {{ include "linli.text" $value | quote }}}
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}

{{/* The volume with all files that a service's process reads, each pod only those that it needs. (root, service, role) */}}
{{- define "linli.files" -}}
{{- $migrates := has .role (list "migrate" "contract") -}}
{{- $runs := has .role (list "server" "api" "projector" "relay" "worker") -}}
{{- $of := include "linli.service" . | fromYaml -}}
{{- $database := include "linli.secret.database" . -}}
{{- $evaluation := .root.Values.evaluation.enabled -}}
- name: tmp
  emptyDir: {}
- name: linli
  projected:
    defaultMode: 0440
    sources:
      - secret:
          {{- if $migrates }}
          name: {{ include "linli.secret.databaseOwner" . }}
          items: [{key: {{ include "linli.ownerPasswordKey" . }}, path: secrets/database-password}]
          {{- else }}
          name: {{ $database }}
          items: [{key: {{ $of.database.passwordKey }}, path: secrets/database-password}]
          {{- end }}
      - secret:
          {{- if $migrates }}
          name: {{ include "linli.secret.keyStore" . }}
          items: [{key: {{ include "linli.keyStoreOwnerKey" . }}, path: secrets/key-store-password}]
          {{- else }}
          name: {{ $of.database.keyStoreSecret | default $database }}
          items: [{key: {{ ternary $of.database.keyStorePasswordKey $of.database.passwordKey (ne $of.database.keyStoreSecret "") }}, path: secrets/key-store-password}]
          {{- end }}
      - secret:
          name: {{ include "linli.secret.masterKey" . }}
          items: [{key: {{ .root.Values.masterKey.key }}, path: secrets/master-key}]
      {{- if and (eq .service "identity") (not $migrates) }}
      - secret:
          name: {{ include "linli.secret.signingKey" . }}
          items: [{key: {{ .root.Values.signingKey.key }}, path: secrets/signing-key.pem}]
      {{- end }}
      {{- if and (eq .service "identity") $runs }}
      - configMap:
          name: {{ include "linli.configMap.relayKeys" . }}
          items:
            {{- range include "linli.services" . | fromJsonArray }}
            - {key: {{ . }}.pem, path: source-keys/{{ . }}.pem}
            {{- end }}
      {{- end }}
      {{- if and (eq .service "identity") (has .role (list "server" "projector")) .root.Values.mail.host }}
      {{- with .root.Values.mail }}
      {{- if .existingSecret }}
      - secret:
          name: {{ .existingSecret }}
          items: [{key: {{ .passwordKey }}, path: secrets/mail-password}]
      {{- end }}
      {{- if .authority.existingSecret }}
      - secret:
          name: {{ .authority.existingSecret }}
          items: [{key: {{ .authority.key }}, path: mail/ca.crt}]
      {{- end }}
      {{- end }}
      {{- end }}
      {{- if and (eq .service "identity") (has .role (list "server" "api" "projector")) .root.Values.sms.host }}
      {{- with .root.Values.sms }}
      - secret:
          name: {{ .existingSecret }}
          items: [{key: {{ .secretKey }}, path: secrets/sms-secret}]
      {{- if .authority.existingSecret }}
      - secret:
          name: {{ .authority.existingSecret }}
          items: [{key: {{ .authority.key }}, path: sms/ca.crt}]
      {{- end }}
      {{- end }}
      {{- end }}
      {{- if and (eq .service "identity") (has .role (list "server" "api" "projector")) .root.Values.webhooks.authority.existingSecret }}
      {{- with .root.Values.webhooks.authority }}
      - secret:
          name: {{ .existingSecret }}
          items: [{key: {{ .key }}, path: webhooks/ca.crt}]
      {{- end }}
      {{- end }}
      {{- if has .role (list "server" "relay" "worker") }}
      - secret:
          name: {{ include "linli.secret.broker" . }}
          items: [{key: {{ $of.broker.passwordKey }}, path: secrets/broker-password}]
      {{- end }}
      {{- if has .role (list "server" "relay") }}
      - secret:
          name: {{ include "linli.secret.relayKey" . }}
          items: [{key: {{ $of.relayKey.key }}, path: secrets/relay-key.pem}]
      {{- end }}
      {{- if and $runs (ne .root.Values.tls.source "none") }}
      - secret:
          name: {{ include "linli.secret.tls" . }}
          items:
            - {key: {{ .root.Values.tls.certificateKey }}, path: tls/tls.crt}
            - {key: {{ .root.Values.tls.privateKeyKey }}, path: tls/tls.key}
            - {key: {{ .root.Values.tls.authorityKey }}, path: tls/ca.crt}
      {{- with .root.Values.tls.clientAuthority }}
      {{- if .existingSecret }}
      - secret:
          name: {{ .existingSecret }}
          items: [{key: {{ .key }}, path: clients/ca.crt}]
      {{- end }}
      {{- end }}
      {{- end }}
      {{- with (include "linli.postgresqlPlace" . | fromJson).authority }}
      {{- if and .secret (not $evaluation) }}
      - secret:
          name: {{ .secret }}
          items: [{key: {{ .key }}, path: postgresql/ca.crt}]
      {{- end }}
      {{- end }}
      {{- with .root.Values.keyStore.authority }}
      {{- if and .existingSecret (not $evaluation) }}
      - secret:
          name: {{ .existingSecret }}
          items: [{key: {{ .key }}, path: key-store/ca.crt}]
      {{- end }}
      {{- end }}
      {{- with (include "linli.rabbitmqPlace" . | fromJson).authority }}
      {{- if and .secret (not $evaluation) (has $.role (list "server" "relay" "worker")) }}
      - secret:
          name: {{ .secret }}
          items: [{key: {{ .key }}, path: rabbitmq/ca.crt}]
      {{- end }}
      {{- end }}
{{- end }}

{{- define "linli.mounts" -}}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: linli, mountPath: /etc/linli, readOnly: true}
{{- end }}

{{/* Waits until this service's migration job is done, and needs nothing that is made after the pod. (root, service, role, resources) */}}
{{- define "linli.awaitSchema" -}}
initContainers:
  - name: await-schema
    {{- include "linli.container" .root | nindent 4 }}
    args: [{{ .service }}, await-schema]
    env:
      {{- include "linli.environment" . | nindent 6 }}
    resources:
      {{- toYaml .resources | nindent 6 }}
    {{- include "linli.mounts" . | nindent 4 }}
{{- end }}
