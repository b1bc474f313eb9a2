mock_provider "google" {}

variables {
  project     = "example-platform"
  runbook_url = "https://github.com/example/clickstream-platform/blob/main/docs/runbook.md"
  alerts      = { email = "data-platform@example.com" }
}

run "each_alert_reaches_the_person_and_links_to_its_runbook" {
  command = plan

  assert {
    condition = alltrue([
      for policy in [google_monitoring_alert_policy.freshness, google_monitoring_alert_policy.failed_dag, google_monitoring_alert_policy.failed_batch, google_monitoring_alert_policy.quarantine] :
      strcontains(policy.documentation[0].content, "${var.runbook_url}#") && length(policy.notification_channels) == 1
    ])
    error_message = "An alert without a person or a next step is noise."
  }
  assert {
    condition     = google_monitoring_alert_policy.freshness.conditions[0].condition_threshold[0].duration == "39600s"
    error_message = "36 hours are the 25 that an alert can look back and 11 more."
  }
  assert {
    condition     = endswith(google_monitoring_alert_policy.quarantine.conditions[0].condition_prometheus_query_language[0].query, "> 0.05")
    error_message = "The rate is compared with the fraction that was asked for."
  }
}

run "waits_at_least_a_minute_for_missing_data" {
  command = plan
  variables {
    alerts = { email = "data-platform@example.com", stale_after_hours = 25 }
  }
  assert {
    condition     = google_monitoring_alert_policy.freshness.conditions[0].condition_threshold[0].duration == "60s"
    error_message = "Monitoring refuses missing data as active with a shorter duration."
  }
}

run "refuses_what_monitoring_cannot_look_back" {
  command = plan
  variables {
    alerts = { email = "data-platform@example.com", stale_after_hours = 72 }
  }
  expect_failures = [var.alerts]
}

run "refuses_a_percentage" {
  command = plan
  variables {
    alerts = { email = "data-platform@example.com", quarantine_rate = 5 }
  }
  expect_failures = [var.alerts]
}
