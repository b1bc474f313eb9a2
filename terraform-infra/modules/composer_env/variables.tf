variable "project" {
  description = "Project of the environment."
  type        = string
}

variable "name" {
  description = "Name of the environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,62}[a-z0-9])?$", var.name))
    error_message = "name '${var.name}' (${length(var.name)} characters) is refused: write up to 64 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Region of the environment and of its bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region '${var.region}' is no region: write one such as 'us-central1' or 'europe-west1'."
  }
}

variable "labels" {
  description = "Labels, for the bill."
  type        = map(string)
  default     = {}
}

variable "image_version" {
  description = "Image of the environment; an exact build, or `composer-3-airflow-3` for the newest at creation."
  type        = string

  validation {
    condition     = can(regex("^composer-3-airflow-[0-9]+(\\.[0-9]+\\.[0-9]+-build\\.[0-9]+)?$", var.image_version))
    error_message = "image_version '${var.image_version}' is no Gen 3 image: write one such as 'composer-3-airflow-3.3.1-build.2' (Gen 2 has its cluster in your project and is not what this module makes)."
  }
}

variable "bucket" {
  description = "Existing bucket for dags/, plugins/, data/ and logs/, in the same region, by name."
  type        = string

  validation {
    condition     = !startswith(var.bucket, "gs://")
    error_message = "bucket '${var.bucket}' is a URL: write the bare name '${trimprefix(var.bucket, "gs://")}'."
  }
}

variable "service_account" {
  description = "E-mail of the account that the environment and its DAGs run as; it must hold roles/composer.worker before the environment is made."
  type        = string

  validation {
    condition     = can(regex("^[^@]+@[^@]+\\.iam\\.gserviceaccount\\.com$", var.service_account))
    error_message = "service_account '${var.service_account}' is no service account: write 'NAME@PROJECT.iam.gserviceaccount.com' (without one, Composer takes the Compute Engine account, which is an editor in many projects)."
  }
}

variable "network" {
  description = "Full paths of the network and the subnet that the environment is attached to, or null; it takes four addresses of the subnet."
  type = object({
    network    = string
    subnetwork = string
  })
  default = null

  validation {
    condition     = var.network == null || try(can(regex("^projects/[^/]+/global/networks/[^/]+$", var.network.network)) && can(regex("^projects/[^/]+/regions/${var.region}/subnetworks/[^/]+$", var.network.subnetwork)), false)
    error_message = "network is refused: write projects/PROJECT/global/networks/NAME and projects/PROJECT/regions/${var.region}/subnetworks/NAME, in the environment's own region."
  }
}

variable "size" {
  description = "small, medium or large: what scheduler, DAG processor, web server and workers ask for."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "medium", "large"], var.size)
    error_message = "size '${var.size}' is unknown: write 'small', 'medium' or 'large'."
  }
}

variable "max_workers" {
  description = "Most workers that autoscaling may start."
  type        = number
  default     = 3

  validation {
    condition     = var.max_workers >= 1 && var.max_workers <= 100 && floor(var.max_workers) == var.max_workers
    error_message = "max_workers is ${var.max_workers}: write a whole number from 1 to 100."
  }
}

variable "is_highly_resilient" {
  description = "Two schedulers, triggerers and DAG processors over two zones."
  type        = bool
  default     = false
}

variable "env_variables" {
  description = "Environment variables of all Airflow processes; `AIRFLOW_VAR_X` is the Airflow variable `x`. No secret belongs here."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.env_variables) : !can(regex("^AIRFLOW__", name))])
    error_message = "env_variables must not name AIRFLOW__ settings, which Composer refuses: write them as airflow_config_overrides, 'section-key'."
  }
}

variable "airflow_config_overrides" {
  description = "Settings of airflow.cfg as `section-key`, beside those that this module sets."
  type        = map(string)
  default     = {}
}

variable "deletion_policy" {
  description = "What `terraform destroy` does to the environment: PREVENT refuses, ABANDON leaves it in place and forgets it, DELETE removes it with its run history; the bucket stays in any case."
  type        = string
  default     = "DELETE"

  validation {
    condition     = contains(["PREVENT", "ABANDON", "DELETE"], var.deletion_policy)
    error_message = "deletion_policy '${var.deletion_policy}' is unknown: write 'PREVENT', 'ABANDON' or 'DELETE'."
  }
}
