provider "google" {
  billing_project       = "example-platform"
  user_project_override = true
}

module "budget" {
  source = "../.."

  project = "example-platform"
  channel = "projects/example-platform/notificationChannels/1"
  budget  = { billing_account = "000000-000000-000000", project_number = "100000000001", monthly_amount = 600 }
}
