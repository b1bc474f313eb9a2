variable "project" {
  description = "Project that owns the dataset."
  type        = string
}

variable "dataset_id" {
  description = "Name of the dataset."
  type        = string

  validation {
    # Terraform's regular expressions repeat up to 1000 times: more is a mistake that can() hides.
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*$", var.dataset_id)) && length(var.dataset_id) <= 1024
    error_message = "dataset_id '${substr(var.dataset_id, 0, 100)}' (${length(var.dataset_id)} characters) is refused by BigQuery: write up to 1024 letters, digits and underscores, no hyphen."
  }
}

variable "location" {
  description = "Region of the dataset; views and their sources must share it."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location))
    error_message = "location '${var.location}' is no region: write one such as 'us-central1' or 'europe-west1'."
  }
}

variable "description" {
  description = "What the dataset holds and who reads it."
  type        = string
}

variable "labels" {
  description = "Labels, for the bill."
  type        = map(string)
  default     = {}
}

variable "time_travel_hours" {
  description = "How far back a table can be read."
  type        = number
  default     = 168

  validation {
    condition     = contains([48, 72, 96, 120, 144, 168], var.time_travel_hours)
    error_message = "time_travel_hours is ${var.time_travel_hours}: write 48, 72, 96, 120, 144 or 168 (two to seven whole days)."
  }
}

variable "deletion_policy" {
  description = "What `terraform destroy` does to the dataset: PREVENT refuses, ABANDON leaves it in place and forgets it."
  type        = string
  default     = "PREVENT"

  validation {
    condition     = contains(["PREVENT", "ABANDON"], var.deletion_policy)
    error_message = "deletion_policy '${var.deletion_policy}' is refused: write 'PREVENT', or 'ABANDON' for a tear-down that keeps the data. A dataset is deleted by hand."
  }
}
