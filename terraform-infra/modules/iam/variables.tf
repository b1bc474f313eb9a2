variable "access_file" {
  description = "Path of access.yaml; its placeholders are values of `environment`."
  type        = string

  validation {
    condition     = fileexists(var.access_file)
    error_message = "There is no file '${var.access_file}': write the path of access.yaml, e.g. \"$${path.module}/../../access.yaml\"."
  }
}

variable "environment" {
  description = "The values of environment.yaml (module `environment`)."
  type = object({
    project          = string
    projectNumber    = string
    region           = string
    buckets          = map(string)
    datasets         = map(string)
    serviceAccounts  = map(string)
    workloadIdentity = map(string)
    github           = map(string)
  })

  validation {
    condition = alltrue([for email in values(var.environment.serviceAccounts) :
      can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]@", email)) && endswith(email, "@${var.environment.project}.iam.gserviceaccount.com")
    ])
    error_message = "serviceAccounts holds an account that cannot be made: write each as NAME@${var.environment.project}.iam.gserviceaccount.com with a NAME of 6 to 30 lower-case letters, digits and hyphens."
  }
}
