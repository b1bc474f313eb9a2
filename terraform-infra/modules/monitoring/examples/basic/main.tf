module "monitoring" {
  source = "../.."

  project     = "example-platform"
  runbook_url = "https://github.com/example/clickstream-platform/blob/main/docs/runbook.md"
  alerts      = { email = "data-platform@example.com" }
  budget      = { billing_account = "000000-000000-000000", project_number = "100000000001", monthly_amount = 600 }
}
