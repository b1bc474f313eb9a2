# Tells a person by mail when data is late, a batch or a DAG failed, too many rows are rejected or money runs out; each alert carries its runbook.

locals {
  runbook = "${var.runbook_url}#"
  # Composer writes a workflow as ENVIRONMENT.DAG in some versions and as DAG in others.
  workflow = "resource.labels.workflow_name = monitoring.regex.full_match(\"(.*\\\\.)?${var.dag_id}\")"
  dag_runs = "metric.type = \"composer.googleapis.com/workflow/run_count\" AND resource.type = \"cloud_composer_workflow\" AND ${local.workflow}"
  channels = [google_monitoring_notification_channel.email.name]
}

resource "google_monitoring_notification_channel" "email" {
  project      = var.project
  display_name = "Clickstream platform"
  type         = "email"
  labels       = { email_address = var.alerts.email }
  user_labels  = var.labels
}

resource "google_monitoring_alert_policy" "freshness" {
  project               = var.project
  display_name          = "Clickstream: data is late"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = "No successful run of ${var.dag_id} for ${var.alerts.stale_after_hours} hours"
    condition_threshold {
      filter          = "${local.dag_runs} AND metric.labels.state = \"success\""
      comparison      = "COMPARISON_LT"
      threshold_value = 1
      # An alert looks back 25 hours at most; what is beyond must hold for that much longer. Missing data counts only with a duration of a minute or more.
      duration                = "${max(60, (var.alerts.stale_after_hours - 25) * 60 * 60)}s"
      evaluation_missing_data = "EVALUATION_MISSING_DATA_ACTIVE"
      aggregations {
        alignment_period     = "90000s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "No run of `${var.dag_id}` has succeeded for ${var.alerts.stale_after_hours} hours: the published numbers are old. [What to do](${local.runbook}data-is-late)"
  }
}

resource "google_monitoring_alert_policy" "failed_dag" {
  project               = var.project
  display_name          = "Clickstream: a DAG run failed"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = "A run of ${var.dag_id} ended as failed"
    condition_threshold {
      filter          = "${local.dag_runs} AND metric.labels.state = \"failed\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "A run of `${var.dag_id}` failed after its retries. [What to do](${local.runbook}a-dag-run-failed)"
  }
}

# A batch submitted by a workflow is no task of a DAG, so batches are watched by themselves: the audit log closes each create operation with its outcome.
resource "google_monitoring_alert_policy" "failed_batch" {
  project               = var.project
  display_name          = "Clickstream: a Spark batch failed"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = "A batch operation ended with an error"
    condition_matched_log {
      filter = join(" AND ", [
        "logName = \"projects/${var.project}/logs/cloudaudit.googleapis.com%2Factivity\"",
        "protoPayload.serviceName = \"dataproc.googleapis.com\"",
        "protoPayload.methodName =~ \"BatchController.CreateBatch$\"",
        "operation.last = true",
        "severity >= ERROR",
      ])
      label_extractors = {
        batch = "EXTRACT(protoPayload.resourceName)"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "300s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Batch $${log.extracted_label.batch} failed. [What to do](${local.runbook}a-spark-batch-failed)"
  }
}

# The clean job prints its counts as one line of JSON, `{"job":"clean",…,"raw":N,…,"rejected":M,…}`; the first raw and rejected of the line are the totals.
resource "google_logging_metric" "rows" {
  for_each = toset(["raw", "rejected"])

  project         = var.project
  name            = "clickstream_${each.value}_rows"
  description     = "Rows that the clean job counted as ${each.value}, one value a run."
  filter          = "resource.type = \"cloud_dataproc_batch\" AND logName = \"projects/${var.project}/logs/dataproc.googleapis.com%2Foutput\" AND jsonPayload.message =~ \"^\\{\\\"job\\\":\\\"clean\\\"\""
  value_extractor = "REGEXP_EXTRACT(jsonPayload.message, \"\\\"${each.value}\\\":([0-9]+)\")"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "1"
  }
}

resource "google_monitoring_alert_policy" "quarantine" {
  project               = var.project
  display_name          = "Clickstream: too many rejected rows"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = "More than ${var.alerts.quarantine_rate * 100} % of the raw rows were rejected"
    condition_prometheus_query_language {
      query = "${join(" / ", [for name in ["rejected", "raw"] :
        "sum(increase(logging_googleapis_com:user_${google_logging_metric.rows[name].name}_sum{monitored_resource=\"cloud_dataproc_batch\"}[1h]))"
      ])} > ${var.alerts.quarantine_rate}"
      duration            = "0s"
      evaluation_interval = "300s"
      # A new log metric is unknown to Monitoring until its first value.
      disable_metric_validation = true
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The clean job rejected more than ${var.alerts.quarantine_rate * 100} % of the rows. [What to do](${local.runbook}too-many-rejected-rows)"
  }
}
