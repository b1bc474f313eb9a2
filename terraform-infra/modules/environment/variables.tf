variable "folder" {
  description = "Folder of the environment; it holds environment.yaml, and the other environments lie beside it."
  type        = string

  validation {
    condition     = fileexists("${var.folder}/environment.yaml")
    error_message = "'${var.folder}' has no environment.yaml: copy the one of another environment and write this one's names in it."
  }
}
