variable "project" {
  description = "Project of the pool."
  type        = string
}

variable "project_number" {
  description = "Number of that project: principals and audiences carry it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,20}$", var.project_number))
    error_message = "project_number '${var.project_number}' is no number: write what `gcloud projects describe PROJECT --format='value(projectNumber)'` prints."
  }
}

variable "settings" {
  description = "The block `workloadIdentity` of access.yaml, filled in."
  type = object({
    pool               = string
    provider           = string
    issuer             = string
    disabled           = optional(bool, false)
    poolDisabled       = optional(bool, false)
    allowedAudiences   = optional(list(string), [])
    attributeMapping   = map(string)
    attributeCondition = string
  })

  validation {
    condition     = alltrue([for id in [var.settings.pool, var.settings.provider] : can(regex("^[a-z0-9-]{4,32}$", id)) && !startswith(id, "gcp-")])
    error_message = "Pool '${var.settings.pool}' or provider '${var.settings.provider}' is refused: write 4 to 32 lower-case letters, digits and hyphens, not beginning with 'gcp-'."
  }
  validation {
    condition     = contains(keys(var.settings.attributeMapping), "google.subject")
    error_message = "attributeMapping has no google.subject: map it from ids, e.g. '\"repository:\" + assertion.repository_id + \":run:\" + assertion.run_id'."
  }
  validation {
    condition     = !strcontains(var.settings.attributeMapping["google.subject"], "assertion.sub")
    error_message = "google.subject is mapped from assertion.sub, which can exceed 127 bytes and changed its form in 2026: map it from ids."
  }
  validation {
    condition     = strcontains(var.settings.attributeCondition, "assertion.repository_owner_id ==") && length(var.settings.attributeCondition) <= 4096
    error_message = "attributeCondition must compare assertion.repository_owner_id (at most 4096 characters): GitHub's issuer is shared by everyone, and a name can be taken over."
  }
}
