mock_provider "google" {}

variables {
  project         = "example-platform"
  name            = "caec"
  region          = "us-central1"
  image_version   = "composer-3-airflow-3.3.1-build.2"
  bucket          = "example-platform-dags"
  service_account = "caec-composer@example-platform.iam.gserviceaccount.com"
}

run "runs_as_the_account_it_is_given_on_the_bucket_it_is_given" {
  command = plan

  assert {
    condition     = google_composer_environment.this.config[0].node_config[0].service_account == var.service_account && google_composer_environment.this.storage_config[0].bucket == "example-platform-dags"
    error_message = "Neither the default account nor a bucket of Composer's own making."
  }
  assert {
    condition     = google_composer_environment.this.config[0].software_config[0].airflow_config_overrides["api-composer_auth_user_registration_role"] == "Viewer"
    error_message = "The first visit to the web server must not make an operator."
  }
}

run "is_attached_to_the_subnet_it_is_given" {
  command = plan
  variables {
    network = { network = "projects/host/global/networks/shared", subnetwork = "projects/host/regions/us-central1/subnetworks/clickstream" }
  }
  assert {
    condition     = google_composer_environment.this.config[0].node_config[0].subnetwork == "projects/host/regions/us-central1/subnetworks/clickstream"
    error_message = "A shared VPC is named by its full path."
  }
}

run "refuses_a_subnet_of_another_region" {
  command = plan
  variables {
    network = { network = "projects/host/global/networks/shared", subnetwork = "projects/host/regions/europe-west1/subnetworks/clickstream" }
  }
  expect_failures = [var.network]
}

run "doubles_what_may_fail_when_resilient" {
  command = plan
  variables {
    is_highly_resilient = true
    size                = "medium"
  }
  assert {
    condition     = google_composer_environment.this.config[0].workloads_config[0].scheduler[0].count == 2 && google_composer_environment.this.config[0].environment_size == "ENVIRONMENT_SIZE_MEDIUM"
    error_message = "High resilience needs two schedulers."
  }
}

run "refuses_a_gen_2_image" {
  command = plan
  variables {
    image_version = "composer-2.9.7-airflow-2.9.3"
  }
  expect_failures = [var.image_version]
}

run "refuses_the_default_account" {
  command = plan
  variables {
    service_account = "100000000001-compute@developer.gserviceaccount.com"
  }
  expect_failures = [var.service_account]
}

run "refuses_an_over_long_name" {
  command = plan
  variables {
    name = "an-environment-with-a-name-that-has-more-than-sixty-four-characters-in-it"
  }
  expect_failures = [var.name]
}

run "refuses_a_bucket_url" {
  command = plan
  variables {
    bucket = "gs://example-platform-dags"
  }
  expect_failures = [var.bucket]
}

run "refuses_an_unknown_size" {
  command = plan
  variables {
    size = "tiny"
  }
  expect_failures = [var.size]
}
