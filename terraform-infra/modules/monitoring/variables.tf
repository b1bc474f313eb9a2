variable "project" {
  description = "Project that is watched."
  type        = string
}

variable "labels" {
  description = "Labels of channel and policies."
  type        = map(string)
  default     = {}
}

variable "dag_id" {
  description = "The DAG whose runs are watched."
  type        = string
  default     = "clickstream_pipeline"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.dag_id))
    error_message = "dag_id '${var.dag_id}' is refused: write the DAG's id (letters, digits, hyphens, underscores), e.g. 'clickstream_pipeline'."
  }
}

variable "runbook_url" {
  description = "Page whose headings are the alerts; their mails link to it."
  type        = string

  validation {
    condition     = startswith(var.runbook_url, "https://") && !strcontains(var.runbook_url, "#")
    error_message = "runbook_url '${var.runbook_url}' is refused: write an https address without '#', e.g. 'https://github.com/OWNER/REPOSITORY/blob/main/docs/runbook.md'."
  }
}

variable "alerts" {
  description = "Who is told, after how many hours without a successful run, and above which fraction of rejected rows."
  type = object({
    email             = string
    stale_after_hours = optional(number, 36)
    quarantine_rate   = optional(number, 0.05)
  })

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alerts.email))
    error_message = "alerts.email '${var.alerts.email}' is no address: write one that a person on call reads."
  }
  validation {
    condition     = var.alerts.stale_after_hours >= 25 && var.alerts.stale_after_hours <= 48
    error_message = "alerts.stale_after_hours is ${var.alerts.stale_after_hours}: write 25 to 48 (a daily run alone makes 24 old, and Monitoring looks back no further)."
  }
  validation {
    condition     = var.alerts.quarantine_rate > 0 && var.alerts.quarantine_rate <= 1
    error_message = "alerts.quarantine_rate is ${var.alerts.quarantine_rate}: write a fraction above 0 and up to 1, e.g. 0.05 for 5 %."
  }
}
