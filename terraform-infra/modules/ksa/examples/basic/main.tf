module "dbt_pods" {
  source = "../.."

  cluster_project = "example-platform"
  namespace       = "dbt"
  name            = "runner"
  service_account = "caec-dbt@example-platform.iam.gserviceaccount.com"
}
