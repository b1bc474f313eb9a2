output "value" {
  description = "The values of environment.yaml, checked."
  value       = local.value

  precondition {
    condition     = length(local.missing) + length(local.absent) == 0
    error_message = "environment.yaml lacks ${join(", ", concat(local.missing, local.absent))}: write the keys that the other environments have (environment.schema.json says what each means)."
  }
  precondition {
    condition     = length(local.unknown) == 0
    error_message = "environment.yaml has the unknown key ${join(", ", local.unknown)}: remove it, or write one of ${join(", ", keys(local.schema.properties))}."
  }
  precondition {
    condition     = try(local.value.name == local.name, false)
    error_message = "name is '${try(local.value.name, "")}': write '${local.name}', the name of the folder."
  }
  precondition {
    condition     = can(regex(local.schema.properties.project.pattern, local.value.project))
    error_message = "project '${try(local.value.project, "")}' (${try(length(local.value.project), 0)} characters) is no project id: write 6 to 30 lower-case letters, digits and hyphens, a letter first."
  }
  precondition {
    condition     = can(regex(local.schema.properties.projectNumber.pattern, local.value.projectNumber))
    error_message = "projectNumber '${try(local.value.projectNumber, "")}' is no project number: write what `gcloud projects describe PROJECT --format='value(projectNumber)'` prints, in quotes."
  }
  precondition {
    condition     = contains(local.schema.properties.region.enum, try(local.value.region, ""))
    error_message = "region '${try(local.value.region, "")}' is unknown: write one of ${join(", ", local.schema.properties.region.enum)}."
  }
  precondition {
    condition     = length(local.bad_buckets) == 0
    error_message = "${join(", ", local.bad_buckets)}: write 3 to 63 lower-case letters, digits, hyphens, dots and underscores."
  }
  precondition {
    condition     = length(local.bad_accounts) == 0
    error_message = "${join(", ", local.bad_accounts)}: write NAME@${try(local.value.project, "PROJECT")}.iam.gserviceaccount.com with a NAME of 6 to 30 lower-case letters, digits and hyphens."
  }
  precondition {
    condition     = !local.is_made || length(local.net_making) == 0
    error_message = "network.range is '${try(local.network.range, "")}', so the network is made, and ${join(", ", local.net_making)} is no name for it: write lower-case letters, digits and hyphens, or, for one that exists, `range: none`."
  }
  precondition {
    condition     = local.is_made || length(local.net_using) == 0
    error_message = "network.range is 'none', so the network exists, and ${join(", ", local.net_using)} does not say where: write vpc: projects/HOST/global/networks/NAME and subnetwork: projects/HOST/regions/${try(local.value.region, "REGION")}/subnetworks/NAME, or give an address range such as 10.84.0.0/22 to have one made."
  }
  precondition {
    condition     = local.is_made || !try(local.network.cloudNat || local.network.flowLogs, false)
    error_message = "network.cloudNat and network.flowLogs belong to a network that is made; this one exists (`range: none`): write false, and ask its owner."
  }
  precondition {
    condition     = length(local.shared) == 0
    error_message = "Two environments share ${join(", ", local.shared)}: write a project and buckets of this environment's own."
  }
}
