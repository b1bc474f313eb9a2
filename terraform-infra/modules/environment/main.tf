# Reads environment.yaml and refuses what Google would refuse minutes later; it makes nothing.

locals {
  # Where "the others" are looked for: beside this environment.
  name    = basename(abspath(var.folder))
  value   = yamldecode(file("${var.folder}/environment.yaml"))
  schema  = jsondecode(file("${path.module}/../../environment.schema.json"))
  missing = sort(setsubtract(local.schema.required, keys(local.value)))
  unknown = sort(setsubtract(keys(local.value), keys(local.schema.properties)))
  absent = sort(flatten([for group, rules in local.schema.properties :
    [for key in try(rules.required, []) : "${group}.${key}" if !try(contains(keys(local.value[group]), key), true)]
  ]))

  others = { for file in fileset("${var.folder}/..", "*/environment.yaml") : dirname(file) => yamldecode(file("${var.folder}/../${file}")) if dirname(file) != local.name }
  shared = sort(concat(
    [for other, value in local.others : "project '${local.value.project}' (also ${other})" if try(value.project == local.value.project, false)],
    [for other, value in local.others : "projectNumber '${local.value.projectNumber}' (also ${other})" if try(value.projectNumber == local.value.projectNumber, false)],
    flatten([for other, value in local.others : [for key, bucket in try(local.value.buckets, {}) : "buckets.${key} '${bucket}' (also ${other})" if contains(try(values(value.buckets), []), bucket)]]),
  ))

  # Made here, or there already: never half of each.
  network    = try(local.value.network, null)
  is_made    = try(local.network.range != "none", true)
  net_names  = local.network == null ? [] : [try(local.network.vpc, ""), try(local.network.subnetwork, "")]
  net_making = [for name in local.net_names : name if !can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", name))]
  net_using = compact([
    for index, name in local.net_names : can(regex(["^projects/[^/]+/global/networks/[^/]+$", "^projects/[^/]+/regions/${local.value.region}/subnetworks/[^/]+$"][index], name)) ? "" : name
  ])

  bad_buckets  = sort([for key, bucket in try(local.value.buckets, {}) : "buckets.${key} '${bucket}' (${length(bucket)} characters)" if !can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", bucket))])
  bad_accounts = sort([for key, email in try(local.value.serviceAccounts, {}) : "serviceAccounts.${key} '${email}'" if !can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]@${local.value.project}\\.iam\\.gserviceaccount\\.com$", email))])
}
