module "composer" {
  source = "../.."

  project         = "example-platform"
  name            = "caec"
  region          = "us-central1"
  image_version   = "composer-3-airflow-3.3.1-build.2"
  bucket          = "example-platform-dags"
  service_account = "caec-composer@example-platform.iam.gserviceaccount.com"
  env_variables   = { AIRFLOW_VAR_CAEC_PROJECT = "example-platform" }
}
