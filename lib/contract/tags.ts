import { z } from "zod";
import { containerTagPattern } from "./container-tag.ts";

export const containerTag = z
  .string()
  .regex(containerTagPattern, "must be 1 to 100 characters: letters, digits, hyphen, underscore, colon or dot");

export const containerTags = z.array(containerTag).max(100, "must not have more than 100 tags");
