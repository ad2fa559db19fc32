variable "table" {
  type = object({
    name       = string
    attributes = list(object({ name = string, type = optional(string, "S") }))
    capacity = optional(object({
      read  = optional(number, 3)
      write = optional(number, 4)
    }))
    encryption = optional(object({
      enabled = optional(bool, true)
    }), {})
    stream = optional(object({
      enabled = optional(bool, false)
      view    = optional(string, "KEYS_ONLY")
    }), { enabled = true })
    protect = optional(bool, true)
    tuple   = optional(tuple([string, number]), ["x", 5])
    labels  = optional(map(string), { made = "here" })
  })
}
