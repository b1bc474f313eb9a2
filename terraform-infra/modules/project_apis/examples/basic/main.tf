module "project_apis" {
  source = "../.."

  project = "example-platform"
}
