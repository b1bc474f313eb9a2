# One dataset without the grants that BigQuery gives by default; it leaves alone every access entry that it did not make.

resource "google_bigquery_dataset" "this" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt it; a key of your own is a decision about who may lose the data.
  project     = var.project
  dataset_id  = var.dataset_id
  location    = var.location
  description = var.description
  labels      = var.labels

  max_time_travel_hours      = var.time_travel_hours
  delete_contents_on_destroy = false
  deletion_policy            = var.deletion_policy

  # Without a block of our own, a new dataset is open to everyone with a basic role on the project and owned by whoever made it.
  # BigQuery wants one owner: the project's, of whom access.yaml makes none.
  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }

  lifecycle {
    # Entries are added one by one (google_bigquery_dataset_access in ../iam; authorized views by publish-views); this resource would remove them.
    ignore_changes = [access]
  }
}
