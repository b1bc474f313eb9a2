variable "project" {
  description = "Project whose APIs are enabled."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project '${var.project}' is no project id: write 6 to 30 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "services" {
  description = "APIs to enable, as `name.googleapis.com`."
  type        = set(string)
  default = [
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "composer.googleapis.com",
    "compute.googleapis.com",
    "dataproc.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
  ]

  validation {
    condition     = alltrue([for service in var.services : can(regex("^[a-z0-9-]+\\.googleapis\\.com$", service))])
    error_message = "services has a name that is no API: write each as 'bigquery.googleapis.com'."
  }
}

variable "settle_seconds" {
  description = "How long to wait after a service was enabled before anything uses it."
  type        = number
  default     = 60

  validation {
    condition     = var.settle_seconds >= 0 && var.settle_seconds <= 600 && floor(var.settle_seconds) == var.settle_seconds
    error_message = "settle_seconds must be a whole number from 0 to 600; 60 is a good start."
  }
}
