# One bucket that nobody can make public and whose objects can be brought back; it deletes a current object only where a prefix was given an age.

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:Access logs would need a bucket of their own and cost more than the data; Cloud Audit Logs of data access can be switched on per project.
  #checkov:skip=CKV_GCP_78:Versions are a choice per bucket (Spark replaces whole partitions in the lake); where they are off, soft delete brings objects back.
  project  = var.project
  name     = var.name
  location = var.location
  labels   = var.labels

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  deletion_policy             = var.deletion_policy

  versioning {
    enabled = var.retention.keep_versions
  }

  soft_delete_policy {
    retention_duration_seconds = var.retention.soft_delete_days * 24 * 60 * 60
  }

  # Parts of uploads that nobody finished are billed and seen by nobody.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.retention.keep_versions ? [var.retention.old_version_days] : []
    content {
      action {
        type = "Delete"
      }
      # Only versions that were replaced or deleted: a current object has no noncurrent time.
      condition {
        days_since_noncurrent_time = lifecycle_rule.value
        with_state                 = "ARCHIVED"
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.retention.delete_after_days
    content {
      action {
        type = "Delete"
      }
      condition {
        age            = lifecycle_rule.value
        matches_prefix = [lifecycle_rule.key]
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.retention.nearline_after_days == null ? [] : [var.retention.nearline_after_days]
    content {
      action {
        type          = "SetStorageClass"
        storage_class = "NEARLINE"
      }
      condition {
        age                   = lifecycle_rule.value
        matches_storage_class = ["STANDARD"]
      }
    }
  }
}
