module "iam" {
  source = "../.."

  access_file = "${path.module}/access.yaml"
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
