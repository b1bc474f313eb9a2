module "images" {
  source = "../.."

  project       = "example-platform"
  location      = "us-central1"
  repository_id = "caec"
}
