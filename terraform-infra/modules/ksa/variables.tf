variable "cluster_project" {
  description = "Project of the cluster (its workload identity pool is `PROJECT.svc.id.goog`)."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.cluster_project))
    error_message = "cluster_project '${var.cluster_project}' is no project id: write 6 to 30 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "namespace" {
  description = "Namespace of the Kubernetes service account."
  type        = string

  validation {
    condition     = var.namespace != "composer-user-workloads"
    error_message = "Namespace 'composer-user-workloads' is Composer Gen 3's, whose cluster is not in your project: grant roles to the environment's own service account instead."
  }
  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace '${var.namespace}' is refused by Kubernetes: write up to 63 lower-case letters, digits and hyphens."
  }
}

variable "name" {
  description = "Name of the Kubernetes service account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.name))
    error_message = "name '${var.name}' is refused by Kubernetes: write up to 63 lower-case letters, digits and hyphens."
  }
}

variable "service_account" {
  description = "E-mail of the Google service account that pods become."
  type        = string

  validation {
    condition     = can(regex("^[^@]+@[a-z][a-z0-9-]+\\.iam\\.gserviceaccount\\.com$", var.service_account))
    error_message = "service_account '${var.service_account}' is no service account of a project: write 'NAME@PROJECT.iam.gserviceaccount.com'."
  }
}
