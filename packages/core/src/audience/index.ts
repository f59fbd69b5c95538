/** Contacts, their consents, and the segments they form. */
import type { JobHandler } from "../kernel/jobs/job.ts";
import { stripHandler } from "./attributes/strip.ts";
import { segmentJobs } from "./segments/jobs.ts";

export type {
  AttributeDefinition,
  AttributeInput,
  AttributeType,
  AttributeValue,
} from "./attributes/attribute.ts";
export { type AttributeDefinitionInput, AttributesService } from "./attributes/service.ts";
export { withdrawConsent } from "./consents/change.ts";
export { confirmConsent, viewConsentRequest } from "./consents/confirm.ts";
export {
  type Consent,
  type ConsentInput,
  type ConsentLogEntry,
  type ConsentState,
  DEFAULT_PURPOSE,
} from "./consents/consent.ts";
export type { ConsentRequest, ConsentRequestInput } from "./consents/request.ts";
export type { RequestedConsent } from "./consents/requests-store.ts";
export { ConsentsService } from "./consents/service.ts";
export { identitiesOf, survivorsOf } from "./contacts/aliases.ts";
export type {
  Contact,
  ContactInput,
  ContactWarning,
  ContactWriteOptions,
  UpsertManyItem,
  UpsertManyResult,
  UpsertResult,
} from "./contacts/contact.ts";
export type { ContactExport, ContactExporter, ExportRequest } from "./contacts/export.ts";
export { contactsByExternalIds, knownContacts } from "./contacts/facts.ts";
export type { MergeOrder } from "./contacts/merge.ts";
export { type ContactQuery, ContactsService } from "./contacts/service.ts";
export type { ContactUpdateOptions } from "./contacts/update.ts";
export type { ColumnMapping, ColumnRule, ConsentWords, ImportField, TopicWords } from "./imports/columns.ts";
export type {
  Import,
  ImportOptions,
  ImportProgress,
  ImportRefusal,
  ImportReport,
  ImportSource,
  ImportState,
} from "./imports/import.ts";
export type { ImportsService } from "./imports/service.ts";
export type { Encoding, TextSource } from "./imports/text-source.ts";
export type { ValueTransform } from "./imports/transforms.ts";
export { type Cadence, type CadenceInput, lowerLimit } from "./preferences/cadence.ts";
export { changePreferences, unsubscribeFromAll, viewPreferences } from "./preferences/centre.ts";
export type { TopicChoice, TopicChoiceInput, TopicState } from "./preferences/choice.ts";
export type { PreferenceLogEntry, Preferences } from "./preferences/preferences.ts";
export { requireTopic } from "./preferences/require.ts";
export { PreferencesService } from "./preferences/service.ts";
export type { Topic, TopicInput, TopicText } from "./preferences/topic.ts";
export type { TopicsService } from "./preferences/topics-service.ts";
export { countRecipients } from "./recipients/count.ts";
export { loadRecipients } from "./recipients/load.ts";
export { type RecipientChoice, selectRecipients } from "./recipients/select.ts";
export type { SkipReason } from "./recipients/skip.ts";
export type {
  AndCriteria,
  AttributeCriteria,
  BetweenTest,
  ConsentCriteria,
  ContactField,
  Criteria,
  DaysTest,
  EqualsTest,
  EveryoneCriteria,
  FieldCriteria,
  ListTest,
  MemberCriteria,
  NotCriteria,
  NumberTest,
  OneOfTest,
  OrCriteria,
  SetTest,
  TestName,
  TextTest,
  TimeTest,
  ValueTest,
} from "./segments/criteria/criteria.ts";
export type { Membership } from "./segments/memberships.ts";
export { missingSegments, segmentNames } from "./segments/missing.ts";
export { refreshSegments } from "./segments/refresh.ts";
export type {
  MembersAdded,
  MembersMoved,
  Segment,
  SegmentChanges,
  SegmentInput,
  SegmentKind,
  SegmentMove,
} from "./segments/segment.ts";
export { SegmentsService } from "./segments/service.ts";
export { type SuppressionInput, SuppressionsService } from "./suppressions/service.ts";
export { suppress } from "./suppressions/suppress.ts";
export { suppressContact } from "./suppressions/suppress-contact.ts";
export type { Suppression, SuppressionReason } from "./suppressions/suppression.ts";

/** The job handlers of the audience. */
export const audienceJobs: readonly JobHandler[] = [...segmentJobs, stripHandler];
