module "network" {
  source = "../.."

  project    = "example-platform"
  name       = "caec"
  subnetwork = "caec"
  region     = "us-central1"
  range      = "10.84.0.0/22"
  cloud_nat  = true
  flow_logs  = true
}
