mock_provider "google" {}

variables {
  project  = "example-platform"
  name     = "example-platform-raw"
  location = "us-central1"
}

run "cannot_be_public_and_loses_nothing" {
  command = plan

  assert {
    condition     = google_storage_bucket.this.public_access_prevention == "enforced" && google_storage_bucket.this.uniform_bucket_level_access
    error_message = "A bucket must not become public, and object ACLs must not exist."
  }
  assert {
    condition     = !google_storage_bucket.this.force_destroy && google_storage_bucket.this.deletion_policy == "PREVENT"
    error_message = "Data must survive a destroy."
  }
  assert {
    condition     = google_storage_bucket.this.soft_delete_policy[0].retention_duration_seconds == 604800
    error_message = "Soft delete of seven days by default."
  }
  assert {
    condition = alltrue([
      for rule in google_storage_bucket.this.lifecycle_rule : alltrue([for condition in rule.condition : condition.with_state == "ARCHIVED"])
      if anytrue([for action in rule.action : action.type == "Delete"])
    ])
    error_message = "No rule may delete a current object."
  }
}

run "keeps_no_versions_when_told_so" {
  command = plan
  variables {
    retention = { keep_versions = false }
  }
  assert {
    condition     = !google_storage_bucket.this.versioning[0].enabled && length(google_storage_bucket.this.lifecycle_rule) == 1
    error_message = "Only the rule for unfinished uploads is left."
  }
}

run "deletes_below_a_prefix_and_nowhere_else" {
  command = plan
  variables {
    retention = { keep_versions = false, delete_after_days = { "driver-output/" = 30 } }
  }
  assert {
    condition = [
      for rule in google_storage_bucket.this.lifecycle_rule : [for condition in rule.condition : [condition.age, tolist(condition.matches_prefix)]]
      if anytrue([for action in rule.action : action.type == "Delete"])
    ] == [[[30, tolist(["driver-output/"])]]]
    error_message = "Every rule that deletes current objects names its folder."
  }
}

run "refuses_to_delete_the_whole_bucket" {
  command = plan
  variables {
    retention = { delete_after_days = { "" = 30 } }
  }
  expect_failures = [var.retention]
}

run "refuses_an_over_long_name" {
  command = plan
  variables {
    name = "example-platform-with-a-name-that-is-longer-than-sixty-three-characters"
  }
  expect_failures = [var.name]
}

run "refuses_a_multi_region" {
  command = plan
  variables {
    location = "US"
  }
  expect_failures = [var.location]
}

run "refuses_to_delete_data" {
  command = plan
  variables {
    deletion_policy = "DELETE"
  }
  expect_failures = [var.deletion_policy]
}

run "refuses_to_switch_soft_delete_off" {
  command = plan
  variables {
    retention = { soft_delete_days = 0 }
  }
  expect_failures = [var.retention]
}
