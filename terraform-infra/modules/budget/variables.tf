variable "project" {
  description = "Project whose cost is watched; the budget's name ends with it."
  type        = string
}

variable "channel" {
  description = "Notification channel that is told at 50 and 90 %, and when the forecast exceeds the amount."
  type        = string
}

variable "budget" {
  description = "Monthly budget of the project, or null for none."
  type = object({
    billing_account = string
    project_number  = string
    currency        = optional(string, "USD")
    monthly_amount  = number
  })
  default = null

  validation {
    condition     = var.budget == null || can(regex("^[0-9A-F]{6}(-[0-9A-F]{6}){2}$", var.budget.billing_account))
    error_message = "budget.billing_account is no billing account: write it as '012345-6789AB-CDEF01' (`gcloud billing accounts list`), or budget = null."
  }
  validation {
    condition     = var.budget == null || try(var.budget.monthly_amount >= 1 && floor(var.budget.monthly_amount) == var.budget.monthly_amount, false)
    error_message = "budget.monthly_amount must be a whole number of at least 1, in the currency of the billing account."
  }
}
