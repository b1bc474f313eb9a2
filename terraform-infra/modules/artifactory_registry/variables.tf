variable "project" {
  description = "Project that owns the repository."
  type        = string
}

variable "location" {
  description = "Region of the repository."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location))
    error_message = "location '${var.location}' is no region: write one such as 'us-central1' or 'europe-west1'."
  }
}

variable "repository_id" {
  description = "Name of the repository."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.repository_id))
    error_message = "repository_id '${var.repository_id}' (${length(var.repository_id)} characters) is refused: write up to 63 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "labels" {
  description = "Labels, for the bill."
  type        = map(string)
  default     = {}
}

variable "cleanup" {
  description = "How many versions of each image stay whatever their age, and after how many days an untagged one beyond those goes."
  type = object({
    keep_versions              = optional(number, 10)
    delete_untagged_after_days = optional(number, 30)
  })
  default = {}

  validation {
    condition     = var.cleanup.keep_versions >= 1 && var.cleanup.delete_untagged_after_days >= 1
    error_message = "cleanup must keep at least 1 version and wait at least 1 day: a DAG names its image by digest."
  }
}

variable "deletion_policy" {
  description = "What `terraform destroy` does to the repository: PREVENT refuses, ABANDON leaves it in place and forgets it, DELETE removes it with its images."
  type        = string
  default     = "PREVENT"

  validation {
    condition     = contains(["PREVENT", "ABANDON", "DELETE"], var.deletion_policy)
    error_message = "deletion_policy '${var.deletion_policy}' is unknown: write 'PREVENT', 'ABANDON' or 'DELETE'."
  }
}
