module "github" {
  source = "../.."

  project        = "example-platform"
  project_number = "100000000001"
  settings = {
    pool     = "github"
    provider = "actions"
    issuer   = "https://token.actions.githubusercontent.com"
    attributeMapping = {
      "google.subject"          = "\"repository:\" + assertion.repository_id + \":run:\" + assertion.run_id"
      "attribute.repository_id" = "assertion.repository_id"
    }
    attributeCondition = "assertion.repository_owner_id == \"200000000002\" && assertion.repository_id == \"200000000001\""
  }
}
