module "insights" {
  source = "../.."

  project     = "example-platform"
  dataset_id  = "caec_insights"
  location    = "us-central1"
  description = "Published views; analysts read nothing else."
}
