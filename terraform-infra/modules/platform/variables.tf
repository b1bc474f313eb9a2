variable "folder" {
  description = "Folder of the environment, with its environment.yaml."
  type        = string
}

variable "data_on_destroy" {
  description = "What `terraform destroy` does to buckets, datasets and images: PREVENT refuses, ABANDON leaves them in place and forgets them."
  type        = string
  default     = "PREVENT"

  validation {
    condition     = contains(["PREVENT", "ABANDON"], var.data_on_destroy)
    error_message = "data_on_destroy '${var.data_on_destroy}' is refused: write 'PREVENT', or 'ABANDON' for a tear-down that keeps the data. Data is deleted by hand."
  }
}
