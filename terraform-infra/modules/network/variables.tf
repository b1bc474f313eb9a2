variable "project" {
  description = "Project of the network."
  type        = string
}

variable "name" {
  description = "Name of the network; the firewall rule and the NAT begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,53}[a-z0-9])?$", var.name))
    error_message = "name '${var.name}' (${length(var.name)} characters) is refused: write up to 55 lower-case letters, digits and hyphens, a letter first (a network that exists is not given to this module)."
  }
}

variable "subnetwork" {
  description = "Name of the subnet."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.subnetwork))
    error_message = "subnetwork '${var.subnetwork}' (${length(var.subnetwork)} characters) is refused: write up to 63 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Region of the subnet; a batch runs in the region of its subnet."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region '${var.region}' is no region: write one such as 'us-central1' or 'europe-west1'."
  }
}

variable "range" {
  description = "Addresses of the subnet, as `10.84.0.0/22`: one for each driver and executor that runs at the same time, and four for Composer."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.range)) && try(cidrhost(var.range, 0) == split("/", var.range)[0], false)
    error_message = "range '${var.range}' is no range of IPv4 addresses: write its first address and its length, e.g. '10.84.0.0/22'."
  }
  validation {
    condition     = try(tonumber(split("/", var.range)[1]) >= 8 && tonumber(split("/", var.range)[1]) <= 26, false)
    error_message = "range '${var.range}' has a length that is refused: write /8 to /26 (a /26 has 60 addresses to give; a batch that finds none waits and then fails)."
  }
}

variable "cloud_nat" {
  description = "Whether machines of the subnet reach the internet, through Cloud NAT; the jobs of the platform need nothing there."
  type        = bool
  default     = false
}

variable "flow_logs" {
  description = "Whether the subnet logs half of its flows."
  type        = bool
  default     = false
}
