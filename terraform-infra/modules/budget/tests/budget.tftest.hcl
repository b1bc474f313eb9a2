mock_provider "google" {}

variables {
  project = "example-platform"
  channel = "projects/example-platform/notificationChannels/1"
  budget  = { billing_account = "000000-000000-000000", project_number = "100000000001", monthly_amount = 600 }
}

run "watches_one_project" {
  command = plan

  assert {
    condition     = google_billing_budget.this["this"].budget_filter[0].projects == toset(["projects/100000000001"])
    error_message = "A budget of one project needs no right on the billing account; any other does."
  }
  assert {
    condition     = google_billing_budget.this["this"].all_updates_rule[0].monitoring_notification_channels == tolist(["projects/example-platform/notificationChannels/1"])
    error_message = "Somebody must be told."
  }
}

run "makes_none_unless_asked" {
  command = plan
  variables {
    budget = null
  }
  assert {
    condition     = length(google_billing_budget.this) == 0
    error_message = "No budget unless one is asked for."
  }
}

run "refuses_a_billing_account_by_name" {
  command = plan
  variables {
    budget = { billing_account = "My account", project_number = "100000000001", monthly_amount = 600 }
  }
  expect_failures = [var.budget]
}
