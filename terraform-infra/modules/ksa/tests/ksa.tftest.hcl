mock_provider "google" {}

variables {
  cluster_project = "example-platform"
  namespace       = "dbt"
  name            = "runner"
  service_account = "caec-dbt@example-platform.iam.gserviceaccount.com"
}

run "binds_one_account_of_one_namespace" {
  command = plan

  assert {
    condition     = google_service_account_iam_member.workload_identity.member == "serviceAccount:example-platform.svc.id.goog[dbt/runner]"
    error_message = "Nobody else of the cluster may become the account."
  }
  assert {
    condition     = google_service_account_iam_member.workload_identity.service_account_id == "projects/example-platform/serviceAccounts/caec-dbt@example-platform.iam.gserviceaccount.com"
    error_message = "The binding is on the account, not on the project."
  }
}

run "refuses_the_namespace_of_gen_3" {
  command = plan
  variables {
    namespace = "composer-user-workloads"
  }
  expect_failures = [var.namespace]
}
