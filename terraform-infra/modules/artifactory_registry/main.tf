# One Docker repository in Artifact Registry whose tags cannot be moved; it clears away old versions and nothing that a digest in use may name within the kept ones.

resource "google_artifact_registry_repository" "this" {
  #checkov:skip=CKV_GCP_84:Google's own keys encrypt it; images are built from this repository and can be built again.
  project       = var.project
  location      = var.location
  repository_id = var.repository_id
  format        = "DOCKER"
  description   = "Images of the platform, named by digest."
  labels        = var.labels

  deletion_policy        = var.deletion_policy
  cleanup_policy_dry_run = false

  docker_config {
    immutable_tags = true
  }

  # KEEP wins over DELETE.
  cleanup_policies {
    id     = "keep-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = var.cleanup.keep_versions
    }
  }
  cleanup_policies {
    id     = "delete-old-untagged"
    action = "DELETE"
    condition {
      tag_state  = "UNTAGGED"
      older_than = "${var.cleanup.delete_untagged_after_days * 24 * 60 * 60}s"
    }
  }
}
