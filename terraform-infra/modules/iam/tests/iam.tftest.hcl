mock_provider "google" {}

variables {
  access_file = "./examples/basic/access.yaml"
  environment = {
    project          = "example-platform"
    projectNumber    = "100000000001"
    region           = "us-central1"
    buckets          = { raw = "example-platform-raw" }
    datasets         = { insights = "caec_insights" }
    serviceAccounts  = { analyst = "caec-analyst@example-platform.iam.gserviceaccount.com" }
    workloadIdentity = { pool = "github", provider = "actions" }
    github           = { repository = "example/platform", repositoryId = "200000000001", repositoryOwnerId = "200000000002", environment = "dev" }
  }
}

run "makes_each_grant_where_it_stands" {
  command = plan

  assert {
    condition     = google_project_iam_member.this["project roles/bigquery.jobUser analyst"].member == "serviceAccount:caec-analyst@example-platform.iam.gserviceaccount.com"
    error_message = "An identity's name stands for its service account."
  }
  assert {
    condition     = google_storage_bucket_iam_member.this["bucket/raw customRoles/caecBucketReader analyst"].role == "projects/example-platform/roles/caecBucketReader"
    error_message = "A custom role is the project's."
  }
  assert {
    condition     = google_storage_bucket_iam_member.this["bucket/raw roles/storage.objectViewer analyst only-events"].condition[0].expression == "resource.name.startsWith(\"projects/_/buckets/example-platform-raw/objects/events/\")"
    error_message = "Placeholders are filled in conditions."
  }
  assert {
    condition     = google_bigquery_dataset_access.this["dataset/insights roles/bigquery.dataViewer analyst"].role == "READER"
    error_message = "BigQuery answers with the legacy name; another one would be a change for ever."
  }
  assert {
    condition     = google_service_account_iam_member.this["serviceAccount/analyst roles/iam.serviceAccountTokenCreator group:analysts@example.com"].member == "group:analysts@example.com"
    error_message = "A full member is taken as it is."
  }
  assert {
    condition     = output.workload_identity.attributeCondition == "assertion.repository_owner_id == \"200000000002\""
    error_message = "Placeholders are filled in the provider's condition."
  }
}

run "refuses_an_account_of_another_project" {
  command = plan
  variables {
    environment = {
      project          = "example-platform"
      projectNumber    = "100000000001"
      region           = "us-central1"
      buckets          = { raw = "example-platform-raw" }
      datasets         = { insights = "caec_insights" }
      serviceAccounts  = { analyst = "caec-analyst@other-project.iam.gserviceaccount.com" }
      workloadIdentity = { pool = "github", provider = "actions" }
      github           = { repository = "example/platform", repositoryId = "200000000001", repositoryOwnerId = "200000000002", environment = "dev" }
    }
  }
  expect_failures = [var.environment]
}

run "refuses_an_over_long_account" {
  command = plan
  variables {
    environment = {
      project          = "example-platform"
      projectNumber    = "100000000001"
      region           = "us-central1"
      buckets          = { raw = "example-platform-raw" }
      datasets         = { insights = "caec_insights" }
      serviceAccounts  = { analyst = "caec-analyst-with-a-name-that-is-too-long@example-platform.iam.gserviceaccount.com" }
      workloadIdentity = { pool = "github", provider = "actions" }
      github           = { repository = "example/platform", repositoryId = "200000000001", repositoryOwnerId = "200000000002", environment = "dev" }
    }
  }
  expect_failures = [var.environment]
}

run "names_a_file_that_is_not_there" {
  command = plan
  variables {
    access_file = "./nowhere.yaml"
  }
  expect_failures = [var.access_file]
}
