mock_provider "google" {}

variables {
  project     = "example-platform"
  dataset_id  = "caec_raw"
  location    = "us-central1"
  description = "Events as loaded."
}

run "starts_closed_and_keeps_its_data" {
  command = plan

  assert {
    condition     = [for entry in google_bigquery_dataset.this.access : "${entry.role} ${entry.special_group}"] == ["OWNER projectOwners"]
    error_message = "BigQuery's default grants must not be made."
  }
  assert {
    condition     = !google_bigquery_dataset.this.delete_contents_on_destroy && google_bigquery_dataset.this.deletion_policy == "PREVENT"
    error_message = "Data must survive a destroy."
  }
}

run "refuses_a_hyphen" {
  command = plan
  variables {
    dataset_id = "caec-raw"
  }
  expect_failures = [var.dataset_id]
}

run "refuses_half_a_day_of_time_travel" {
  command = plan
  variables {
    time_travel_hours = 60
  }
  expect_failures = [var.time_travel_hours]
}

run "refuses_to_delete_data" {
  command = plan
  variables {
    deletion_policy = "DELETE"
  }
  expect_failures = [var.deletion_policy]
}
