mock_provider "google" {}

variables {
  project        = "example-platform"
  project_number = "100000000001"
  settings = {
    pool               = "github"
    provider           = "actions"
    issuer             = "https://token.actions.githubusercontent.com"
    attributeMapping   = { "google.subject" = "\"repository:\" + assertion.repository_id" }
    attributeCondition = "assertion.repository_owner_id == \"200000000002\""
  }
}

run "passes_mapping_and_condition_on_unchanged" {
  command = plan

  assert {
    condition     = google_iam_workload_identity_pool_provider.this.attribute_mapping == var.settings.attributeMapping && google_iam_workload_identity_pool_provider.this.attribute_condition == var.settings.attributeCondition
    error_message = "The local cloud decides by these very words."
  }
  assert {
    condition     = output.provider_name == "projects/100000000001/locations/global/workloadIdentityPools/github/providers/actions"
    error_message = "The name that workflows are given."
  }
}

run "locks_a_repository_out" {
  command = plan
  variables {
    settings = {
      pool               = "github"
      provider           = "actions"
      disabled           = true
      issuer             = "https://token.actions.githubusercontent.com"
      attributeMapping   = { "google.subject" = "\"repository:\" + assertion.repository_id" }
      attributeCondition = "assertion.repository_owner_id == \"200000000002\""
    }
  }
  assert {
    condition     = google_iam_workload_identity_pool_provider.this.disabled
    error_message = "A disabled provider exchanges no token."
  }
}

run "refuses_a_condition_on_names" {
  command = plan
  variables {
    settings = {
      pool               = "github"
      provider           = "actions"
      issuer             = "https://token.actions.githubusercontent.com"
      attributeMapping   = { "google.subject" = "\"repository:\" + assertion.repository_id" }
      attributeCondition = "assertion.repository == \"example/platform\""
    }
  }
  expect_failures = [var.settings]
}

run "refuses_the_subject_of_github" {
  command = plan
  variables {
    settings = {
      pool               = "github"
      provider           = "actions"
      issuer             = "https://token.actions.githubusercontent.com"
      attributeMapping   = { "google.subject" = "assertion.sub" }
      attributeCondition = "assertion.repository_owner_id == \"200000000002\""
    }
  }
  expect_failures = [var.settings]
}

run "refuses_an_over_long_pool" {
  command = plan
  variables {
    settings = {
      pool               = "github-actions-of-the-clickstream-platform"
      provider           = "actions"
      issuer             = "https://token.actions.githubusercontent.com"
      attributeMapping   = { "google.subject" = "\"repository:\" + assertion.repository_id" }
      attributeCondition = "assertion.repository_owner_id == \"200000000002\""
    }
  }
  expect_failures = [var.settings]
}
