/** Names of the permissions that an access token can have, in the order of `facts/coze-wire.md` §4.3. */
export const TOKEN_SCOPES = [
  ...['chat', 'getChat', 'cancelChat', 'submitToolChat', 'listMessage'],
  ...['createConversation', 'retrieveConversation', 'listConversation', 'editConversation'],
  ...['createMessage', 'retrieveMessage', 'modifyMessage', 'deleteMessage', 'feedback'],
  ...['uploadFile', 'retrieveFile'],
  // `getMetaData` is of workflows, `getMetadata` of bots.
  ...['run', 'listRunHistory', 'listWorkflow', 'getMetaData', 'listVersion'],
  ...['getMetadata', 'getPublishedBot', 'listBot', 'createBot', 'edit', 'publish', 'disconnectBot'],
  'Bot.listVersion',
  ...['listWorkspace', 'readVariable', 'updateVariable'],
  ...['createKnowledge', 'listKnowledge', 'update', 'delete'],
  ...['createDocument', 'listDocument', 'updateDocument', 'deleteDocument', 'readDocumentProgress'],
  ...['listPhoto', 'updatePhoto'],
  ...['createSpeech', 'createTranscription', 'listVoice', 'createVoice', 'createRoom'],
  'Connector.botChat',
] as const;
