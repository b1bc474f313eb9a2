module "raw" {
  source = "../.."

  project   = "example-platform"
  name      = "example-platform-raw"
  location  = "us-central1"
  labels    = { environment = "dev" }
  retention = { nearline_after_days = 90 }
}
