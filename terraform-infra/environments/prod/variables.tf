variable "data_on_destroy" {
  description = "PREVENT (default) or, for a tear-down that keeps the data, ABANDON."
  type        = string
  default     = "PREVENT"
}
