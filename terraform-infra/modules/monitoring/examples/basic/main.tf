module "monitoring" {
  source = "../.."

  project     = "example-platform"
  runbook_url = "https://github.com/example/clickstream-platform/blob/main/docs/runbook.md"
  alerts      = { email = "data-platform@example.com" }
}
