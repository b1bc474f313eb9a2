mock_provider "google" {}

run "plans_dev_from_nothing" {
  command = plan
  variables {
    folder = "../../environments/dev"
  }
  assert {
    condition     = output.workload_identity_provider == "projects/100000000001/locations/global/workloadIdentityPools/github/providers/actions"
    error_message = "Workflows are given this name."
  }
}

run "refuses_to_delete_data" {
  command = plan
  variables {
    folder          = "../../environments/dev"
    data_on_destroy = "DELETE"
  }
  expect_failures = [var.data_on_destroy]
}
