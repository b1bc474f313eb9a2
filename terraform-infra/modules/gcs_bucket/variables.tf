variable "project" {
  description = "Project that owns the bucket."
  type        = string
}

variable "name" {
  description = "Name of the bucket, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.name))
    error_message = "Bucket name '${var.name}' (${length(var.name)} characters) is refused by Cloud Storage: write 3 to 63 lower-case letters, digits, hyphens, dots and underscores."
  }
}

variable "location" {
  description = "Region of the bucket, in lower case."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location))
    error_message = "location '${var.location}' is no region: write one such as 'us-central1' or 'europe-west1' (a multi-region would leave the region of the datasets)."
  }
}

variable "labels" {
  description = "Labels, for the bill."
  type        = map(string)
  default     = {}
}

variable "retention" {
  description = "How objects are brought back: days of soft delete, whether replaced versions are kept and for how long, when objects move to NEARLINE (null: never), and after how many days what lies under a prefix is deleted."
  type = object({
    soft_delete_days    = optional(number, 7)
    keep_versions       = optional(bool, true)
    old_version_days    = optional(number, 30)
    nearline_after_days = optional(number)
    delete_after_days   = optional(map(number), {})
  })
  default = {}

  validation {
    condition     = var.retention.soft_delete_days >= 7 && var.retention.soft_delete_days <= 90
    error_message = "retention.soft_delete_days is ${var.retention.soft_delete_days}: write 7 to 90 (Cloud Storage knows no shorter soft delete, and without it a deletion is final)."
  }
  validation {
    condition     = var.retention.old_version_days >= 1
    error_message = "retention.old_version_days is ${var.retention.old_version_days}: write at least 1, or keep_versions = false."
  }
  validation {
    condition     = alltrue([for prefix, days in var.retention.delete_after_days : can(regex("^[^/].*/$", prefix)) && days >= 1])
    error_message = "retention.delete_after_days is refused: write folders that end in '/', with at least 1 day each, e.g. { \"logs/\" = 30 }. No rule deletes the whole bucket."
  }
}

variable "deletion_policy" {
  description = "What `terraform destroy` does to the bucket: PREVENT refuses, ABANDON leaves it in place and forgets it."
  type        = string
  default     = "PREVENT"

  validation {
    condition     = contains(["PREVENT", "ABANDON"], var.deletion_policy)
    error_message = "deletion_policy '${var.deletion_policy}' is refused: write 'PREVENT', or 'ABANDON' for a tear-down that keeps the data. A bucket is deleted by hand."
  }
}
