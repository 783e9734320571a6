/** What Prometheus tells of: `examples/prometheus/berth-rules.yml`, with its tests beside it; a test keeps them equal. */
export const rules = `# Alerts on what Berth exports (docs/metrics.md). Durations and thresholds are meant to be changed.
groups:
  - name: berth
    rules:
      - alert: BerthControllerGone
        # Absent: a Prometheus that started while the controller was away was never told what to scrape.
        expr: up{job="berth"} == 0 or absent(up{job="berth"})
        for: 2m
        labels: { severity: critical }
        annotations:
          summary: The controller of {{ with $labels.fleet }}{{ . }}{{ else }}the fleet{{ end }} does not answer
          description: Agents hold their nodes to what was last applied. Nothing else is known of the fleet meanwhile.

      - alert: BerthNodeGone
        expr: berth_node_up == 0
        for: 2m
        labels: { severity: critical }
        annotations:
          summary: The agent of {{ $labels.node }} is not connected
          description: The node is off, cut off, or its agent does not run (\`systemctl status berth-agent\` there).

      # One whose node is away has no series here: that is the alert above.
      - alert: BerthInstanceUnhealthy
        expr: berth_instance_healthy == 0
        for: 5m
        labels: { severity: critical }
        annotations:
          summary: "{{ $labels.instance }} on {{ $labels.node }} is not healthy"
          description: "\`berth status\` says in which state it is, \`berth logs {{ $labels.instance }}\` why."

      - alert: BerthContainerRestarting
        expr: increase(berth_container_restarts_total[15m]) > 3
        labels: { severity: warning }
        annotations:
          summary: "{{ $labels.container }} on {{ $labels.node }} keeps restarting"

      - alert: BerthNodeMemoryNearLimit
        expr: berth_node_memory_bytes / berth_node_memory_limit_bytes > 0.9
        for: 10m
        labels: { severity: warning }
        annotations:
          summary: "{{ $labels.node }} uses {{ $value | humanizePercentage }} of its memory"

      - alert: BerthContainerMemoryNearLimit
        expr: berth_container_memory_bytes / berth_container_memory_limit_bytes > 0.9
        for: 10m
        labels: { severity: warning }
        annotations:
          summary: "{{ $labels.container }} on {{ $labels.node }} uses {{ $value | humanizePercentage }} of its memory"
          description: At its limit the kernel ends processes in it. \`memory\` in the fleet file gives it more.

      # Goes on as in the last six hours, and is full within four days; a disk that is half empty may fill and empty again.
      # The root is in both series: agents of an older version know no other disk.
      - alert: BerthDiskFilling
        expr: |
          (predict_linear(berth_node_disk_used_bytes[6h], 4 * 86400) > berth_node_disk_size_bytes
            and berth_node_disk_used_bytes / berth_node_disk_size_bytes > 0.5)
          or
          (predict_linear(berth_node_filesystem_used_bytes{mountpoint!="/"}[6h], 4 * 86400) > berth_node_filesystem_size_bytes
            and berth_node_filesystem_used_bytes / berth_node_filesystem_size_bytes > 0.5)
        for: 1h
        labels: { severity: warning }
        annotations:
          summary: The disk {{ with $labels.mountpoint }}{{ . }} {{ end }}of {{ $labels.node }} is full within four days

      - alert: BerthDiskNearlyFull
        expr: |
          berth_node_disk_used_bytes / berth_node_disk_size_bytes > 0.9
          or
          berth_node_filesystem_used_bytes{mountpoint!="/"} / berth_node_filesystem_size_bytes > 0.9
        for: 15m
        labels: { severity: critical }
        annotations:
          summary: "{{ $value | humanizePercentage }} of the disk {{ with $labels.mountpoint }}{{ . }} {{ end }}of {{ $labels.node }} is used"

      # Berth has waited for an hour already.
      - alert: BerthBackupLate
        expr: berth_backup_late == 1
        for: 5m
        labels: { severity: warning }
        annotations:
          summary: The backup of {{ $labels.owner }} that was due is not there
          description: "\`berth backup list\` says whose are late, \`berth run list\` what became of them."

      - alert: BerthBackupFailed
        expr: berth_backup_failed == 1
        for: 5m
        labels: { severity: warning }
        annotations:
          summary: The last backup of {{ $labels.owner }} came to nothing

      # Drills prove one tenant a week: seven days for each tenant, and some more. This is for eight.
      - alert: BerthBackupUnproven
        expr: time() - berth_backup_last_proof_timestamp_seconds > 60 * 86400
        labels: { severity: warning }
        annotations:
          summary: No backup of {{ $labels.owner }} was proven by a restore for {{ $value | humanizeDuration }}

      - alert: BerthBackupNeverProven
        expr: berth_backup_last_success_timestamp_seconds unless on (owner) berth_backup_last_proof_timestamp_seconds
        for: 60d
        labels: { severity: warning }
        annotations:
          summary: No backup of {{ $labels.owner }} was ever proven by a restore

      # Agents and the controller renew theirs when a third of its life is left, which is a month at least.
      - alert: BerthCertificateEnds
        expr: berth_certificate_expiry_timestamp_seconds - time() < 14 * 86400
        for: 1h
        labels: { severity: warning }
        annotations:
          summary: The certificate ({{ $labels.certificate }} {{ $labels.node }}) ends in {{ $value | humanizeDuration }}
`;
