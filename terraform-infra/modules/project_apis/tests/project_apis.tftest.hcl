mock_provider "google" {}

variables {
  project = "example-platform"
}

run "keeps_an_api_when_the_module_goes" {
  command = plan

  assert {
    condition     = alltrue([for service in google_project_service.this : service.disable_on_destroy == false])
    error_message = "Another system may need the API."
  }
  assert {
    condition     = contains(keys(google_project_service.this), "sts.googleapis.com") && contains(keys(google_project_service.this), "iamcredentials.googleapis.com")
    error_message = "Workload identity federation needs sts and iamcredentials."
  }
}

run "refuses_a_name_that_is_no_api" {
  command = plan
  variables {
    services = ["bigquery"]
  }
  expect_failures = [var.services]
}

run "refuses_a_project_number" {
  command = plan
  variables {
    project = "123456789012"
  }
  expect_failures = [var.project]
}
