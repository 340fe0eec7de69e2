import { z } from "zod";

/** Container tag: whose a document is. 1 to 100 characters. */
export const containerTagPattern = /^[a-zA-Z0-9_:.-]{1,100}$/;

export const containerTag = z
  .string()
  .regex(containerTagPattern, "must be 1 to 100 characters: letters, digits, hyphen, underscore, colon or dot");

export const containerTags = z.array(containerTag).max(100, "must not have more than 100 tags");
